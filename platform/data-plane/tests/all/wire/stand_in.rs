//! A simple gateway that keeps the rules which the cases are about, to try the cases and their runner on.
//!
//! It takes a whole request before it forwards anything, and a whole answer before it answers: too slow and too large
//! for any use, but easy to see through.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tradewind_http_validation::head::{HeadLimits, Scanner};

use super::message::{Kind, Message, Read, read};
use super::upstream::listener;

mod forward;

use forward::{Request, answer, outgoing};

const LIMIT: Duration = Duration::from_secs(2);
const MOST_INTERIM: usize = 16;
const MOST_FIELDS: usize = 256;
const MOST_HEAD_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    has_ended: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl StandIn {
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = listener();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { upstream, has_ended: AtomicBool::new(false), open: Mutex::default() });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Self { address, shared, accepting: Some(accepting) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        for stream in self.shared.open.lock().unwrap().iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.accepting.take().unwrap().join().unwrap();
    }
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

/// One client.
struct Connection<'a> {
    client: TcpStream,
    shared: &'a Shared,
    /// Received, not looked at.
    input: Vec<u8>,
    scanner: Scanner,
    pooled: Option<TcpStream>,
}

/// What the upstream said.
enum Said {
    Whole(Message, bool),
    Failed,
}

impl<'a> Connection<'a> {
    fn new(client: TcpStream, shared: &'a Shared) -> Self {
        client.set_nodelay(true).unwrap();
        let scanner = Scanner::new(HeadLimits::default());
        Self { client, shared, input: Vec::new(), scanner, pooled: None }
    }

    fn serve(mut self) {
        while let Some(request) = self.request() {
            let goes_on = match request {
                Ok(request) => self.handle(&request),
                Err((status, code, detail)) => {
                    self.refuse(status, &code, &detail);
                    false
                }
            };
            if !goes_on {
                break;
            }
        }
        let _ = self.client.shutdown(Shutdown::Write);
        // What the client still sends must not destroy the answer on its way to it.
        let _ = self.client.set_read_timeout(Some(Duration::from_millis(300)));
        let mut buffer = [0; 4096];
        while matches!(self.client.read(&mut buffer), Ok(1..)) {}
        let _ = self.client.shutdown(Shutdown::Both);
    }

    fn refuse(&mut self, status: u16, code: &str, detail: &str) {
        let document = format!(
            "{{\"type\":\"https://tradewind.dev/problems/{code}\",\"title\":\"Not taken\",\"status\":{status},\
             \"detail\":\"{}\",\"code\":\"{code}\"}}",
            detail.replace('"', "'")
        );
        let length = document.len();
        let head = format!(
            "HTTP/1.1 {status} Refused\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{document}"
        );
        let _ = self.client.write_all(head.as_bytes());
    }

    /// The next whole request; `None` when the client has gone.
    fn request(&mut self) -> Option<Result<Request, (u16, String, String)>> {
        let (mut released, mut has_continued, heads) = (Vec::new(), false, self.scanner.heads());
        loop {
            for index in 0..self.input.len() {
                let byte = self.input[index];
                if let Err(refusal) = self.scanner.feed(&[byte], &mut released) {
                    return Some(Err((
                        refusal.status(),
                        refusal.code().to_owned(),
                        refusal.detail().to_owned(),
                    )));
                }
                if self.scanner.heads() > heads && self.scanner.is_idle() {
                    self.input.drain(..=index);
                    return Some(
                        Request::parse(&released)
                            .map_err(|error| (400, error.code().to_owned(), error.to_string())),
                    );
                }
            }
            self.input.clear();
            if self.scanner.heads() > heads && !has_continued {
                has_continued = true;
                if forward::wants_continue(&released) {
                    let _ = self.client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
            }
            let mut buffer = [0; 4096];
            match self.client.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.input.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// Forwards and answers; false when the connection is done.
    fn handle(&mut self, request: &Request) -> bool {
        let bytes = outgoing(request, self.shared.upstream);
        for _ in 0..2 {
            let reused = self.usable();
            let is_reused = reused.is_some();
            let Some(mut stream) = reused.or_else(|| TcpStream::connect(self.shared.upstream).ok()) else {
                break;
            };
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            self.shared.open.lock().unwrap().push(stream.try_clone().unwrap());
            let _ = stream.write_all(&bytes);
            let mut received = Vec::new();
            match self.ask(request, &mut stream, &mut received) {
                Said::Whole(message, may_stay) if message.status() == 101 => {
                    let _ = may_stay;
                    return self.tunnel(request, &message, stream, &received);
                }
                Said::Whole(message, may_stay) => {
                    if may_stay {
                        self.pooled = Some(stream);
                    }
                    let _ = self.client.write_all(&answer(request, &message));
                    return request.keeps_alive();
                }
                Said::Failed if is_reused && received.is_empty() => {}
                Said::Failed => break,
            }
        }
        self.refuse(502, "bad-gateway", "The service behind did not answer as it should.");
        false
    }

    /// The pooled connection, unless something has come on it meanwhile.
    fn usable(&mut self) -> Option<TcpStream> {
        let stream = self.pooled.take()?;
        stream.set_nonblocking(true).ok()?;
        let is_quiet =
            stream.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        stream.set_nonblocking(false).ok()?;
        is_quiet.then_some(stream)
    }

    /// The answer of the upstream, and whether its connection may be used again. What follows it stays in `received`.
    fn ask(&mut self, request: &Request, stream: &mut TcpStream, received: &mut Vec<u8>) -> Said {
        let (mut is_at_end, mut interim, mut buffer) = (false, 0, [0; 16 * 1024]);
        loop {
            let kind = Kind::Foreign { to_head: request.method == "HEAD", at_end: is_at_end };
            match read(received, kind) {
                Read::Whole(message, taken) if message.is_interim() && interim < MOST_INTERIM => {
                    interim += 1;
                    received.drain(..taken);
                    if message.status() != 100 && request.is_11 {
                        let _ = self.client.write_all(&answer(request, &message));
                    }
                }
                Read::Whole(message, taken) if !message.is_interim() => {
                    received.drain(..taken);
                    if message.fields.len() > MOST_FIELDS {
                        return Said::Failed;
                    }
                    if message.status() == 101 && request.upgrade.as_deref() != message.value("upgrade") {
                        return Said::Failed;
                    }
                    let closes = forward::closes(&message) || is_at_end || !received.is_empty();
                    return Said::Whole(message, !closes);
                }
                Read::Incomplete(head) if !is_at_end => {
                    if head.is_none() && received.len() > MOST_HEAD_BYTES {
                        return Said::Failed;
                    }
                    match stream.read(&mut buffer) {
                        Ok(0) => is_at_end = true,
                        Ok(count) => received.extend_from_slice(&buffer[..count]),
                        Err(_) => return Said::Failed,
                    }
                }
                _ => return Said::Failed,
            }
        }
    }

    /// Passes bytes on in both directions until both have ended.
    fn tunnel(
        &mut self,
        request: &Request,
        message: &Message,
        mut upstream: TcpStream,
        ahead: &[u8],
    ) -> bool {
        let _ = self.client.write_all(&answer(request, message));
        let _ = self.client.write_all(ahead);
        let _ = upstream.write_all(&std::mem::take(&mut self.input));
        let _ = upstream.set_read_timeout(None);
        let (mut from_client, mut to_upstream) =
            (self.client.try_clone().unwrap(), upstream.try_clone().unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _ = std::io::copy(&mut from_client, &mut to_upstream);
                let _ = to_upstream.shutdown(Shutdown::Write);
            });
            let _ = std::io::copy(&mut upstream, &mut self.client);
            let _ = self.client.shutdown(Shutdown::Write);
        });
        false
    }
}
