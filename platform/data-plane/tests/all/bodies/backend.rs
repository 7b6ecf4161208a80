//! A backend that speaks HTTP/1, and notes what reaches it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::soon;

pub struct Backend {
    pub address: SocketAddr,
    pub state: Arc<State>,
}

#[derive(Debug)]
pub struct State {
    /// The paths of all requests whose head has come.
    paths: Mutex<Vec<String>>,
    /// Bytes of bodies that have come.
    pub bytes: AtomicUsize,
    /// Lets `/held` go on to read.
    pub go: Semaphore,
}

impl Backend {
    /// The paths of requests that have come, but for `/other`.
    pub fn asked(&self) -> Vec<String> {
        let paths = self.state.paths.lock().unwrap();
        paths.iter().filter(|path| *path != "/other").cloned().collect()
    }

    /// Waits until so many requests and bytes of bodies have come.
    pub async fn has(&self, requests: usize, bytes: usize) {
        soon(async {
            while self.asked().len() < requests || self.state.bytes.load(Ordering::SeqCst) < bytes {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await;
        assert_eq!((self.asked().len(), self.state.bytes.load(Ordering::SeqCst)), (requests, bytes));
    }
}

pub async fn backend() -> Backend {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let state = State { paths: Mutex::default(), bytes: AtomicUsize::new(0), go: Semaphore::new(0) };
    let state = Arc::new(state);
    let shared = state.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(shared.clone(), stream));
        }
    });
    Backend { address, state }
}

/// Answers each request with its body and, in a header, its trailers. `/vanish` gets no answer.
async fn serve(state: Arc<State>, stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let head = lines(&mut stream).await?.to_ascii_lowercase();
        let path = head.split(' ').nth(1)?.to_owned();
        state.paths.lock().unwrap().push(path.clone());
        if path == "/held" {
            state.go.acquire().await.unwrap().forget();
        }
        let (body, trailers) = body(&state, &head, &mut stream).await?;
        if path == "/vanish" {
            return None;
        }
        let trailers = trailers.trim_end().replace("\r\n", ", ");
        let head =
            format!("HTTP/1.1 200 OK\r\nx-trailers: {trailers}\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).await.ok()?;
    }
}

/// Lines up to an empty one.
async fn lines(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut lines = String::new();
    while lines != "\r\n" && !lines.ends_with("\r\n\r\n") {
        (stream.read_line(&mut lines).await.ok()? > 0).then_some(())?;
    }
    Some(lines)
}

async fn body(state: &State, head: &str, stream: &mut BufReader<TcpStream>) -> Option<(Vec<u8>, String)> {
    let mut body = Vec::new();
    if !head.contains("transfer-encoding: chunked") {
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
        take(state, stream, length.map_or(0, |length| length.parse().unwrap()), &mut body).await?;
        return Some((body, String::new()));
    }
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).await.ok()?;
        match usize::from_str_radix(size.trim_end(), 16).ok()? {
            0 => return Some((body, lines(stream).await?)),
            size => take(state, stream, size, &mut body).await?,
        }
        stream.read_exact(&mut [0; 2]).await.ok()?;
    }
}

async fn take(
    state: &State,
    stream: &mut BufReader<TcpStream>,
    mut left: usize,
    body: &mut Vec<u8>,
) -> Option<()> {
    while left > 0 {
        let mut piece = [0; 8_192];
        let most = left.min(piece.len());
        let count = stream.read(&mut piece[..most]).await.ok().filter(|count| *count > 0)?;
        state.bytes.fetch_add(count, Ordering::SeqCst);
        body.extend_from_slice(&piece[..count]);
        left -= count;
    }
    Some(())
}
