//! A small mail server on loopback that does what a script says, and remembers what it heard.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What the server does when it is its turn.
#[derive(Debug, Clone, Copy)]
pub enum Turn {
    /// It says this.
    Say(&'static str),
    /// It ends the connection.
    Close,
    /// It says nothing, and waits.
    Wait,
    /// It says nothing, and goes on.
    Pass,
}

/// What a connection heard.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The commands.
    pub commands: Vec<String>,
    /// The content, when it came to that.
    pub content: Option<String>,
}

/// What a server does at each turn: the greeting, each command by its first word, and the content.
#[derive(Debug, Clone)]
struct Script(BTreeMap<&'static str, Turn>);

/// A mail server; it ends with the runtime.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Where it is, on 127.0.0.1.
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    script: Arc<Mutex<Script>>,
}

/// A mail server that is away.
#[derive(Debug)]
pub struct MailServerAway {
    /// Where it will be, on 127.0.0.1.
    pub port: u16,
    socket: TcpSocket,
}

impl Script {
    /// That of a server that takes everything, with some turns changed.
    fn new(changes: &[(&'static str, Turn)]) -> Self {
        let usual = [
            ("greeting", Turn::Say("220 here")),
            ("EHLO", Turn::Say("250-here\r\n250-AUTH PLAIN\r\n250 8BITMIME")),
            ("AUTH", Turn::Say("235 welcome")),
            ("MAIL", Turn::Say("250 yes")),
            ("RCPT", Turn::Say("250 yes")),
            ("DATA", Turn::Say("354 go on")),
            ("content", Turn::Say("250 taken")),
            ("QUIT", Turn::Say("221 bye")),
        ];
        Self(usual.into_iter().chain(changes.iter().copied()).collect())
    }
}

impl MailServer {
    /// Starts one on a free port.
    pub async fn start(changes: &[(&'static str, Turn)]) -> Self {
        Self::away().is_back(changes).await
    }

    /// One that is away: its port is its own, and whoever connects is refused.
    #[must_use]
    pub fn away() -> MailServerAway {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        MailServerAway { port: socket.local_addr().unwrap().port(), socket }
    }

    fn serving(listener: TcpListener, port: u16, changes: &[(&'static str, Turn)]) -> Self {
        let script = Arc::new(Mutex::new(Script::new(changes)));
        let server = Self { port, heard: Arc::default(), script };
        let of_all = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = of_all.clone();
                tokio::spawn(async move {
                    let script = server.script.lock().unwrap().clone();
                    converse(stream, &script, &server.heard).await;
                });
            }
        });
        server
    }

    /// Does something else from the next connection on.
    pub fn change(&self, changes: &[(&'static str, Turn)]) {
        *self.script.lock().unwrap() = Script::new(changes);
    }

    /// What each connection heard, in the sequence in which they began.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The mails that it was given, whatever it said to them.
    #[must_use]
    pub fn contents(&self) -> Vec<String> {
        self.heard().into_iter().filter_map(|heard| heard.content).collect()
    }
}

impl MailServerAway {
    /// It is back, with some turns changed.
    pub async fn is_back(self, changes: &[(&'static str, Turn)]) -> MailServer {
        MailServer::serving(self.socket.listen(64).unwrap(), self.port, changes)
    }
}

/// Answers on one connection until it ends.
async fn converse(stream: TcpStream, script: &Script, all: &Mutex<Vec<Heard>>) {
    let mine = {
        let mut all = all.lock().unwrap();
        all.push(Heard::default());
        all.len() - 1
    };
    let mut stream = BufReader::new(stream);
    if !take_turn(&mut stream, script.0["greeting"]).await {
        return;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let command = line.trim_end().to_owned();
        let word = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        all.lock().unwrap()[mine].commands.push(command);
        let Some(turn) = script.0.get(word.as_str()) else { return };
        if !take_turn(&mut stream, *turn).await {
            return;
        }
        if word == "DATA" && matches!(turn, Turn::Say(text) if text.starts_with('3')) {
            let Some(content) = read_content(&mut stream).await else { return };
            all.lock().unwrap()[mine].content = Some(content);
            if !take_turn(&mut stream, script.0["content"]).await {
                return;
            }
        }
    }
}

/// Takes a turn; whether the conversation goes on.
async fn take_turn(stream: &mut BufReader<TcpStream>, turn: Turn) -> bool {
    match turn {
        Turn::Say(text) => stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await.is_ok(),
        Turn::Close => false,
        Turn::Pass => true,
        Turn::Wait => {
            // Until the other side ends it.
            let mut rest = String::new();
            while stream.read_line(&mut rest).await.unwrap_or(0) > 0 {}
            false
        }
    }
}

/// The content up to the line with a dot, without that and as it was before dots were doubled.
async fn read_content(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut content = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(content);
        }
        content.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
