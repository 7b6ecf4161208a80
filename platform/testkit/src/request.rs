//! Requests over a socket of their own, byte for byte as a test wants them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Answer, within};

/// Bytes of a chunk of a chunked body.
const CHUNK: usize = 64 * 1024;

/// A request that closes its connection.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
    chunked: bool,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, headers: Vec::new(), body: None, chunked: false }
    }

    /// Adds a header, also one that is there already.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Shows a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// Sends a body with its length.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_vec());
        self
    }

    /// Sends a body as JSON.
    #[must_use]
    pub fn json(self, body: impl AsRef<[u8]>) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    /// Sends the body in chunks, without its length.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The request as it goes over the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { method, target, headers, body, chunked } = self;
        let mut bytes =
            format!("{method} {target} HTTP/1.1\r\nHost: tradewind.test\r\nConnection: close\r\n")
                .into_bytes();
        for (name, value) in headers {
            bytes.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        match body {
            None => bytes.extend_from_slice(b"\r\n"),
            Some(body) if !chunked => {
                bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                bytes.extend_from_slice(body);
            }
            Some(body) => {
                bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in body.chunks(CHUNK) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(&[chunk, b"\r\n"].concat());
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        bytes
    }

    /// Sends the request and gives its answer.
    pub async fn send(&self, address: SocketAddr) -> Answer {
        let answer = self.attempt(address).await;
        answer.unwrap_or_else(|| panic!("{} {}: no answer from {address}", self.method, self.target))
    }

    /// The same; `None` when nobody listens there or the connection ended before the answer was complete.
    pub async fn attempt(&self, address: SocketAddr) -> Option<Answer> {
        let mut received = talk(address, &self.to_bytes()).await?;
        Answer::take(&mut received, self.method == "HEAD")
    }
}

/// Sends these bytes and gives all answers that came until the other side closed the connection.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    let mut received = talk(address, bytes).await.expect("the door is open");
    let answers = std::iter::from_fn(|| Answer::take(&mut received, false)).collect();
    assert_eq!(String::from_utf8_lossy(&received), "", "after the last whole answer");
    answers
}

async fn talk(address: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let talk = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let (mut input, mut output) = stream.split();
        let mut received = Vec::new();
        // The other side may answer and close before it has read everything: neither is a failure here.
        let (sent, ended) = tokio::join!(output.write_all(bytes), input.read_to_end(&mut received));
        drop((sent, ended));
        Some(received)
    };
    within("an answer and the end of the connection", talk).await
}

/// A connection that stays open, for what has to happen step by step.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await.expect("the door is open");
        Self { stream, received: Vec::new() }
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        within("sending", self.stream.write_all(bytes)).await.expect("the other side takes the bytes");
    }

    /// Says that nothing more will be sent.
    pub async fn finish(&mut self) {
        within("sending", self.stream.shutdown()).await.expect("the connection is still open");
    }

    /// The next answer; `None` when the other side closed the connection instead.
    pub async fn answer(&mut self) -> Option<Answer> {
        let reading = async {
            loop {
                if let Some(answer) = Answer::take(&mut self.received, false) {
                    return Some(answer);
                }
                match self.stream.read_buf(&mut self.received).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        within("an answer", reading).await
    }
}
