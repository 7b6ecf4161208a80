//! A backend of HTTP/1 that keeps what it gets, byte by byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::soon;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Answers each request that is whole.
    Answers,
    /// Reads the head and nothing else.
    TakesNothing,
    /// Closes the connection once so many bytes have come.
    ClosesAfter(usize),
    /// Takes all and says nothing.
    Hangs,
}

/// A backend that keeps what it gets.
pub struct Sink {
    pub address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    closed: usize,
}

impl Sink {
    pub async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::<Mutex<Kept>>::default();
        let shared = kept.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, does, shared.clone()));
            }
        });
        Self { address, kept }
    }

    /// All that came so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.kept.lock().unwrap().bytes.clone()
    }

    /// How much that is.
    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().bytes.len()
    }

    /// Connections that their other side has closed.
    pub fn closed(&self) -> usize {
        self.kept.lock().unwrap().closed
    }

    /// The head, in lower case, and what stands behind it.
    pub fn request(&self) -> (String, Vec<u8>) {
        let bytes = self.bytes();
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        (String::from_utf8_lossy(&bytes[..end]).to_lowercase(), bytes[end..].to_vec())
    }
}

async fn serve(mut stream: TcpStream, does: Does, kept: Arc<Mutex<Kept>>) {
    let (mut seen, mut piece) = (Vec::new(), vec![0; 65_536]);
    loop {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break kept.lock().unwrap().closed += 1,
            Ok(count) => {
                seen.extend_from_slice(&piece[..count]);
                kept.lock().unwrap().bytes.extend_from_slice(&piece[..count]);
            }
        }
        match does {
            Does::TakesNothing => std::future::pending().await,
            Does::ClosesAfter(count) if seen.len() >= count => return,
            Does::Answers if is_whole(&seen) => {
                seen.clear();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            }
            _ => {}
        }
    }
}

fn is_whole(seen: &[u8]) -> bool {
    let Some(end) = seen.windows(4).position(|end| end == b"\r\n\r\n").map(|end| end + 4) else {
        return false;
    };
    let head = String::from_utf8_lossy(&seen[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    match length {
        Some(length) => seen.len() >= end + length,
        None if head.contains("transfer-encoding: chunked") => {
            let body = &seen[end..];
            let last = body.len().saturating_sub(256);
            body.ends_with(b"\r\n\r\n")
                && (body.starts_with(b"0\r\n") || body[last..].windows(5).any(|end| end == b"\r\n0\r\n"))
        }
        None => true,
    }
}

/// A chunk.
pub fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// What a body in chunks says, and the fields behind it; none where it is not whole.
pub fn finished(mut body: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut data = Vec::new();
    loop {
        let end = body.windows(2).position(|end| end == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).ok()?, 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            return Some((data, String::from_utf8_lossy(body).into_owned()));
        }
        data.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}

/// What a client gets, until `end` has come.
pub async fn answer(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).ends_with(end) {
        let mut piece = [0; 4_096];
        let count = soon(stream.read(&mut piece)).await.unwrap();
        assert!(count > 0, "the connection has ended after {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}
