//! Backends that do what a test wants, also what no backend should.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// What a backend does with a request.
#[derive(Debug, Clone)]
pub enum Does {
    /// Answers with its name.
    Answers,
    /// The same after a while.
    AnswersAfter(Duration),
    /// The same once there is a permit.
    Waits(Arc<Semaphore>),
    /// Accepts connections and closes them.
    Closes,
    /// Reads a request and closes the connection.
    ClosesAfterRequest,
    /// Never answers.
    Holds,
    /// Gives these bytes, and closes the connection.
    Says(&'static str),
    /// Gives these bytes, and keeps the connection.
    Begins(&'static str),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The request line and the fields.
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// The values of a field, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}

/// A running backend; it ends when it is dropped, with its connections.
pub struct Backend {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    name: String,
    does: Mutex<Does>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

impl Backend {
    pub async fn start(name: &str, does: Does) -> Self {
        Self::start_at(name, does, ([127, 0, 0, 1], 0).into()).await
    }

    pub async fn start_at(name: &str, does: Does, address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            does: Mutex::new(does),
            received: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, accepting }
    }

    /// Does something else from now on.
    pub fn now(&self, does: Does) {
        *self.shared.does.lock().unwrap() = does;
    }

    /// The whole requests that it got.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// How many connections it has accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        shared.connections.fetch_add(1, Ordering::Relaxed);
        if matches!(*shared.does.lock().unwrap(), Does::Closes) {
            continue;
        }
        connections.spawn(serve(stream, shared.clone()));
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut bytes = Vec::new();
    while let Some(request) = receive(&mut stream, &mut bytes).await {
        shared.received.lock().unwrap().push(request);
        let does = shared.does.lock().unwrap().clone();
        let answer = answer(&shared.name);
        let given = match does {
            Does::Answers => stream.write_all(answer.as_bytes()).await,
            Does::AnswersAfter(pause) => {
                tokio::time::sleep(pause).await;
                stream.write_all(answer.as_bytes()).await
            }
            Does::Waits(permits) => {
                permits.acquire().await.unwrap().forget();
                stream.write_all(answer.as_bytes()).await
            }
            Does::Closes | Does::ClosesAfterRequest => return,
            Does::Holds => std::future::pending().await,
            Does::Begins(bytes) => {
                let _ = stream.write_all(bytes.as_bytes()).await;
                std::future::pending().await
            }
            Does::Says(bytes) => {
                let _ = stream.write_all(bytes.as_bytes()).await;
                return;
            }
        };
        if given.is_err() {
            return;
        }
    }
}

/// An answer that names its backend, in the body and in a field.
pub fn answer(name: &str) -> String {
    let length = name.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Backend: {name}\r\nX-Age: 7\r\nContent-Length: \
         {length}\r\n\r\n{name}"
    )
}

/// The next whole request of a connection; its bytes are taken out of those that have come.
pub async fn receive(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Received> {
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut request = Received { head, body: Vec::new() };
            let length = request.values("content-length").first().map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                request.body = bytes.drain(..end + 4 + length).skip(end + 4).collect();
                return Some(request);
            }
        }
        match stream.read_buf(bytes).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// An address that nobody listens at, and nobody can take.
pub struct Nobody {
    pub address: SocketAddr,
    _socket: TcpSocket,
}

pub fn nobody() -> Nobody {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    Nobody { address: socket.local_addr().unwrap(), _socket: socket }
}
