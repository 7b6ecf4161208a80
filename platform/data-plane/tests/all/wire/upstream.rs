//! An upstream that answers as a case says, and records every byte that it receives.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::case::{Forwarded, Move, Script};
use super::message::{Kind, Message, Read, read};
use super::text::shown;

/// The target of the request that finds out whether a connection still works. It is not for the scripts.
pub const PROBE: &str = "/probe";
/// The field whose value the usual answer gives back.
pub const MARK: &str = "x-mark";

/// How long the upstream waits for bytes of a tunnel.
const LIMIT: Duration = Duration::from_secs(3);

/// What an upstream has received.
#[derive(Debug, Default)]
pub struct Record {
    /// Whole requests, in the order in which they became whole.
    pub requests: Vec<Forwarded>,
    /// All bytes of each connection that carried any.
    pub streams: Vec<Vec<u8>>,
    /// The beginnings of requests that never became whole.
    pub partial: Vec<Vec<u8>>,
    /// What nobody should have to receive.
    pub flaws: Vec<String>,
}

/// A running upstream.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    scripts: Mutex<std::vec::IntoIter<Script>>,
    record: Mutex<Record>,
    open: Mutex<Vec<TcpStream>>,
    has_ended: AtomicBool,
}

impl Upstream {
    pub fn start(scripts: Vec<Script>) -> Self {
        let listener = listener();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            scripts: Mutex::new(scripts.into_iter()),
            record: Mutex::default(),
            open: Mutex::default(),
            has_ended: AtomicBool::new(false),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Self { address, shared, accepting: Some(accepting) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The whole requests so far, to be told once.
    pub fn take(&self) -> Vec<Forwarded> {
        std::mem::take(&mut self.shared.record.lock().unwrap().requests)
    }

    /// Ends all connections, after what they have received has been recorded.
    pub fn stop(mut self) -> Record {
        self.end();
        std::mem::take(&mut *self.shared.record.lock().unwrap())
    }

    fn end(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.shared.has_ended.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        drop(TcpStream::connect(self.address));
        for stream in self.shared.open.lock().unwrap().iter() {
            let _ = stream.shutdown(Shutdown::Read);
        }
        accepting.join().unwrap();
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.end();
    }
}

/// Listens on a loopback address of its own where there are more than one, as on Linux. What once talked to 127.0.0.1
/// and a port that was free again would reach this listener else, and thousands of ports would wait to be free.
pub fn listener() -> TcpListener {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let byte = |number: u32, below: u32| u8::try_from(number % below).unwrap_or_default();
    let own =
        Ipv4Addr::new(127, 64 + byte(std::process::id(), 128), byte(count / 250, 250), 1 + byte(count, 250));
    TcpListener::bind((own, 0)).or_else(|_| TcpListener::bind("127.0.0.1:0")).unwrap()
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    std::thread::scope(|scope| {
        while let Ok((stream, _)) = listener.accept() {
            if shared.has_ended.load(Ordering::SeqCst) {
                break;
            }
            shared.open.lock().unwrap().push(stream.try_clone().unwrap());
            scope.spawn(|| Connection::new(stream, shared).serve());
        }
    });
}

/// One connection of the gateway.
struct Connection<'a> {
    stream: TcpStream,
    shared: &'a Shared,
    /// Everything received.
    all: Vec<u8>,
    /// Where in `all` the next request begins.
    next: usize,
    /// What has been done already for the request that is on its way.
    has_answered: bool,
    has_continued: bool,
    script: Option<Script>,
}

/// Whether a connection goes on.
enum Then {
    GoOn,
    Close,
}

impl<'a> Connection<'a> {
    fn new(stream: TcpStream, shared: &'a Shared) -> Self {
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            shared,
            all: Vec::new(),
            next: 0,
            has_answered: false,
            has_continued: false,
            script: None,
        }
    }

    fn serve(mut self) {
        loop {
            let then = match read(&self.all[self.next..], Kind::Request) {
                Read::Whole(message, taken) => self.whole(message, taken),
                Read::Incomplete(Some(head)) => self.incomplete(&head),
                Read::Incomplete(None) => self.more(),
                Read::Flawed(flaw) => {
                    let bytes = shown(&self.all[self.next..]);
                    self.flaw(format!("{flaw} in \"{bytes}\""));
                    Then::Close
                }
            };
            if matches!(then, Then::Close) {
                break;
            }
        }
        let _ = self.stream.shutdown(Shutdown::Both);
        let mut record = self.shared.record.lock().unwrap();
        if self.next < self.all.len() {
            record.partial.push(self.all[self.next..].to_vec());
        }
        if !self.all.is_empty() {
            record.streams.push(self.all);
        }
    }

    /// Reads on; at the end of the stream the connection is done.
    fn more(&mut self) -> Then {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Then::Close,
                Ok(count) => {
                    self.all.extend_from_slice(&buffer[..count]);
                    return Then::GoOn;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Then::Close,
            }
        }
    }

    fn flaw(&self, what: String) {
        self.shared.record.lock().unwrap().flaws.push(what);
    }

    /// The script of the request on its way.
    fn script(&mut self, message: &Message) -> Script {
        if let Some(script) = &self.script {
            return script.clone();
        }
        let script = if message.second() == PROBE {
            Script::usual(message.method(), "probe")
        } else {
            let next = self.shared.scripts.lock().unwrap().next();
            let mark = message.value(MARK).map_or("ok".into(), String::from_utf8_lossy);
            next.filter(|script| !script.moves.is_empty())
                .unwrap_or_else(|| Script::usual(message.method(), &mark))
        };
        self.script = Some(script.clone());
        script
    }

    /// The head is there and the body is not.
    fn incomplete(&mut self, head: &Message) -> Then {
        let script = self.script(head);
        if script.is_early && !self.has_answered {
            self.has_answered = true;
            return self.act(&script.moves);
        }
        if head.value("expect").is_some() && !self.has_continued && !script.is_early {
            self.has_continued = true;
            return self.act(&[Move::Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())]);
        }
        self.more()
    }

    fn whole(&mut self, message: Message, taken: usize) -> Then {
        self.next += taken;
        let script = self.script(&message);
        self.script = None;
        self.has_continued = false;
        if script.switches() {
            return self.tunnel(message, &script);
        }
        self.shared.record.lock().unwrap().requests.push(Forwarded { message, tunnel: Vec::new() });
        if std::mem::take(&mut self.has_answered) {
            return Then::GoOn;
        }
        self.act(&script.moves)
    }

    fn tunnel(&mut self, message: Message, script: &Script) -> Then {
        let begin = self.next;
        let then = self.act(&script.moves);
        while matches!(then, Then::GoOn) && matches!(self.more(), Then::GoOn) {}
        let tunnel = self.all.split_at(begin).1.to_vec();
        self.next = self.all.len();
        self.shared.record.lock().unwrap().requests.push(Forwarded { message, tunnel });
        Then::Close
    }

    fn act(&mut self, moves: &[Move]) -> Then {
        let begin = self.next;
        for step in moves {
            match step {
                Move::Send(bytes) => {
                    // A gateway that has read enough may have gone.
                    let _ = self.stream.write_all(bytes);
                }
                Move::Take(count) => {
                    self.stream.set_read_timeout(Some(LIMIT)).unwrap();
                    while self.all.len() < begin + count && matches!(self.more(), Then::GoOn) {}
                    self.stream.set_read_timeout(None).unwrap();
                }
                Move::Hold(milliseconds) => self.hold(*milliseconds),
                Move::Pause(milliseconds) => std::thread::sleep(Duration::from_millis(*milliseconds)),
                Move::Close => return Then::Close,
            }
        }
        Then::GoOn
    }

    /// Nothing may come while the answer is held back.
    fn hold(&mut self, milliseconds: u64) {
        let before = self.all.len();
        let already = before > self.next && !self.has_answered;
        self.stream.set_read_timeout(Some(Duration::from_millis(milliseconds))).unwrap();
        let _ = self.more();
        self.stream.set_read_timeout(None).unwrap();
        if already || self.all.len() > before {
            let bytes = shown(&self.all[self.next..]);
            self.flaw(format!("before the answer came \"{bytes}\""));
        }
    }
}
