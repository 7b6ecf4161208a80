//! A service of gRPC that keeps what it gets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Response};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The fields behind the body, once it has ended.
    pub trailers: Option<HeaderMap>,
    /// The client has taken the call back.
    pub is_reset: bool,
}

pub struct Service {
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Service {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let shared = calls.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let calls = shared.clone();
                tokio::spawn(async move {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((request, respond))) = connection.accept().await {
                        tokio::spawn(take(request, respond, calls.clone()));
                    }
                });
            }
        });
        Self { address, calls }
    }

    /// Looks at the calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn take(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<bytes::Bytes>,
    calls: Arc<Mutex<Vec<Call>>>,
) {
    let (head, mut body) = request.into_parts();
    let index = {
        let mut calls = calls.lock().unwrap();
        calls.push(Call { path: head.uri.path().to_owned(), headers: head.headers, ..Call::default() });
        calls.len() - 1
    };
    let change = |change: &dyn Fn(&mut Call)| change(&mut calls.lock().unwrap()[index]);
    // A service that streams answers before it has all.
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    while let Some(data) = body.data().await {
        let Ok(data) = data else { return change(&|call| call.is_reset = true) };
        body.flow_control().release_capacity(data.len()).unwrap();
        change(&|call| call.body.extend_from_slice(&data));
    }
    match body.trailers().await {
        Ok(trailers) => change(&|call| call.trailers = Some(trailers.clone().unwrap_or_default())),
        Err(_) => change(&|call| call.is_reset = true),
    }
    let trailers = [("grpc-status".parse().unwrap(), "0".parse().unwrap())].into_iter().collect();
    let _ = stream.send_trailers(trailers);
}
