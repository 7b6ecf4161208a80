//! A server of hyper, which tells its requests itself.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::super::upstream::MARK;
use super::{Believed, Server};

/// A server on a thread of its own.
pub struct Hyper {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Believed>>>,
    _runtime: Runtime,
}

impl Hyper {
    pub fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::default();
        runtime.spawn(accept(listener, Arc::clone(&seen)));
        Self { address, seen, _runtime: runtime }
    }
}

impl Server for Hyper {
    fn name(&self) -> &'static str {
        "hyper"
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn seen(&self) -> Vec<Believed> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

async fn accept(listener: TcpListener, seen: Arc<Mutex<Vec<Believed>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Arc::clone(&seen);
        let service = service_fn(move |request| answer(request, Arc::clone(&seen)));
        // The gateway adds fields of its own to the hundred that a client may send: the usual limit is one hundred.
        let connection =
            http1::Builder::new().max_headers(200).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Mutex<Vec<Believed>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, target) = (request.method().to_string(), request.uri().to_string());
    let mark = request.headers().get(MARK).map(|mark| String::from_utf8_lossy(mark.as_bytes()).into_owned());
    let mark = mark.unwrap_or_default();
    let Ok(body) = request.into_body().collect().await else {
        return Ok(Response::builder().status(400).body(Full::default()).unwrap());
    };
    seen.lock().unwrap().push(Believed { method, target, mark, body: body.to_bytes().to_vec() });
    Ok(Response::new(Full::from("ok")))
}
