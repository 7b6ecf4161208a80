//! A backend that speaks HTTP/1. What it does is said by the path of a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// The length of what `/much` gives.
pub const MUCH: usize = 64 << 20;

pub struct Backend {
    pub address: SocketAddr,
    pub state: Arc<State>,
}

pub struct State {
    pub requests: AtomicUsize,
    /// Connections that have ended within a request.
    pub broken: AtomicUsize,
    /// Bytes of `/much` that could be written.
    pub written: AtomicUsize,
    /// Lets `/wait` answer, `/pause` end, and `/take` go on to read.
    pub go: Semaphore,
}

pub async fn backend() -> Backend {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let none = || AtomicUsize::new(0);
    let state = State { requests: none(), broken: none(), written: none(), go: Semaphore::new(0) };
    let state = Arc::new(state);
    let shared = state.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(shared.clone(), stream));
        }
    });
    Backend { address, state }
}

async fn serve(state: Arc<State>, mut stream: TcpStream) {
    let mut seen = Vec::new();
    while let Some(length) = head(&mut stream, &mut seen).await {
        state.requests.fetch_add(1, Ordering::SeqCst);
        let head = String::from_utf8(seen.drain(..length).collect()).unwrap();
        let path = head.split(' ').nth(1).unwrap();
        let answer = match path {
            "/small" => b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-one: 1\r\n\r\nhello".to_vec(),
            "/echo-head" => sized(head.as_bytes()),
            "/empty" => b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(),
            "/none" => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            "/fits" => sized(&[7; 60_000]),
            "/great" => sized(&vec![7; 1 << 20]),
            "/much" => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {MUCH}\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                for _ in 0..MUCH / 65_536 {
                    if stream.write_all(&[7; 65_536]).await.is_err() {
                        return;
                    }
                    state.written.fetch_add(65_536, Ordering::SeqCst);
                }
                continue;
            }
            "/pause" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
                state.go.acquire().await.unwrap().forget();
                b" more".to_vec()
            }
            "/chunks" => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                3\r\nabc\r\n2\r\nde\r\n0\r\nx-checksum: 1\r\n\r\n"
                .to_vec(),
            "/text" => {
                let text = text();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\netag: \"v1\"\r\ncontent-length: ";
                format!("{head}{}\r\n\r\n{text}", text.len()).into_bytes()
            }
            "/text-slowly" => {
                let head =
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(&[&head[..], b"4\r\none\n\r\n"].concat()).await.unwrap();
                state.go.acquire().await.unwrap().forget();
                b"4\r\ntwo\n\r\n0\r\n\r\n".to_vec()
            }
            "/retried" => {
                b"HTTP/1.1 503 Service Unavailable\r\ntradewind-retried: 1\r\ncontent-length: 0\r\n\r\n"
                    .to_vec()
            }
            "/half" => b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec(),
            "/switch" => {
                b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".to_vec()
            }
            "/wait" => {
                tokio::select! {
                    permit = state.go.acquire() => permit.unwrap().forget(),
                    _ = stream.read_u8() => {
                        state.broken.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                }
                sized(b"late")
            }
            "/take" => {
                state.go.acquire().await.unwrap().forget();
                let length = head.to_lowercase();
                let length = length.split("content-length: ").nth(1).unwrap();
                let length: usize = length.split('\r').next().unwrap().parse().unwrap();
                let mut body = vec![0; length - seen.len()];
                stream.read_exact(&mut body).await.unwrap();
                seen.clear();
                sized(length.to_string().as_bytes())
            }
            _ => panic!("{path}"),
        };
        stream.write_all(&answer).await.unwrap();
        if path == "/half" {
            return;
        }
    }
}

/// What `/text` says.
pub fn text() -> String {
    (0..5_000).map(|number| format!("line {number}\n")).collect()
}

fn sized(body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// The length of the next head, once all of it is there.
async fn head(stream: &mut TcpStream, seen: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(end) = seen.windows(4).position(|end| end == b"\r\n\r\n") {
            return Some(end + 4);
        }
        let mut piece = [0; 4_096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => seen.extend_from_slice(&piece[..count]),
        }
    }
}
