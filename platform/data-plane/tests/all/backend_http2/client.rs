//! Clients.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::backend::next;
use super::soon;

/// A client that speaks HTTP/2.
pub struct Client(SendRequest<Bytes>);

impl Client {
    pub async fn new(address: SocketAddr) -> Self {
        Self::with_task(address).await.0
    }

    /// The same, and the task of its connection.
    pub async fn with_task(address: SocketAddr) -> (Self, JoinHandle<()>) {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        // Many short messages may wait to be looked at.
        let mut builder = h2::client::Builder::new();
        let (sender, connection) = builder.data_frame_budget(1 << 20).handshake(stream).await.unwrap();
        let task = tokio::spawn(async move {
            let _ = connection.await;
        });
        (Self(sender), task)
    }

    /// Begins a call of gRPC.
    pub async fn call(&self, path: &str) -> (ResponseFuture, SendStream<Bytes>) {
        let mut sender = self.0.clone().ready().await.unwrap();
        let request = Request::post(format!("http://shop.example{path}"))
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .body(())
            .unwrap();
        sender.send_request(request, false).unwrap()
    }

    /// Begins a request.
    pub async fn begin(&self, method: &str, path: &str) -> (ResponseFuture, SendStream<Bytes>) {
        let url = format!("http://shop.example{path}");
        let request = Request::builder().method(method).uri(url).body(()).unwrap();
        let mut sender = self.0.clone().ready().await.unwrap();
        sender.send_request(request, method == "GET").unwrap()
    }

    /// Begins a request that has a body.
    pub async fn start(&self, request: Request<()>) -> (ResponseFuture, SendStream<Bytes>) {
        let mut sender = self.0.clone().ready().await.unwrap();
        sender.send_request(request, false).unwrap()
    }

    /// The answer to a request without a body.
    pub async fn ask(&self, request: Request<()>) -> Whole {
        let mut sender = self.0.clone().ready().await.unwrap();
        let (answer, _) = sender.send_request(request, true).unwrap();
        whole(soon(answer).await.unwrap()).await
    }

    /// The same to `GET`.
    pub async fn get(&self, path: &str) -> Whole {
        self.ask(Request::get(format!("http://shop.example{path}")).body(()).unwrap()).await
    }

    /// A whole call with a short message.
    pub async fn unary(&self, path: &str, message: &'static [u8]) -> Whole {
        let (answer, mut stream) = self.call(path).await;
        stream.send_data(Bytes::from_static(message), true).unwrap();
        whole(soon(answer).await.unwrap()).await
    }
}

/// An answer that has come.
#[derive(Debug)]
pub struct Whole {
    pub head: Response<()>,
    pub body: Vec<u8>,
    pub trailers: Option<HeaderMap>,
    /// It has ended with its head.
    pub is_head_only: bool,
}

impl Whole {
    pub fn header(&self, name: &str) -> &str {
        self.head.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn trailer(&self, name: &str) -> &str {
        let value = self.trailers.as_ref().and_then(|trailers| trailers.get(name));
        value.map_or("", |value| value.to_str().unwrap())
    }
}

pub async fn whole(answer: Response<RecvStream>) -> Whole {
    let is_head_only = answer.body().is_end_stream();
    let (parts, mut incoming) = answer.into_parts();
    let mut body = Vec::new();
    while let Some(data) = soon(next(&mut incoming)).await {
        body.extend_from_slice(&data);
    }
    let trailers = soon(incoming.trailers()).await.unwrap();
    Whole { head: Response::from_parts(parts, ()), body, trailers, is_head_only }
}

/// What a client that speaks HTTP/1 gets for these bytes, until `end` has come or the connection has ended.
pub async fn exchange(address: SocketAddr, request: &[u8], end: &str) -> String {
    exchange_seen(address, request, end, |_| ()).await
}

/// The same; `seen` is told of each piece.
pub async fn exchange_seen(address: SocketAddr, request: &[u8], end: &str, seen: impl Fn(&str)) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(end) {
        let mut piece = [0; 4_096];
        let count = soon(stream.read(&mut piece)).await.unwrap();
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..count]);
        seen(&String::from_utf8_lossy(&piece[..count]));
    }
    String::from_utf8_lossy(&answer).into_owned()
}
