//! One connection: HTTP/1.1 with a timer on every phase.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tradewind_client::Body;
use tradewind_identity::Peer;
use tradewind_kernel::{Clock, Timestamp};

use crate::serve::guard::{Guarded, Verdict};
use crate::serve::listener::Accepting;
use crate::serve::wire::{Open, Opening};

/// Bounds on one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// How long a client may take to send a head, and how long a connection may stay unused.
    pub(crate) head: Duration,
    /// The greatest number of bytes kept while a head is read.
    pub(crate) buffer: usize,
}

/// Who is at the other end, as a certificate showed; among the extensions of each request of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Shown(pub(crate) Arc<Peer>);

/// Serves a connection until the client closes it or accepting stops; the request in hand is answered.
pub(crate) async fn serve(stream: TcpStream, from: SocketAddr, serving: Accepting) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection could not be set up");
        return;
    }
    let opening = Opening { clock: &serving.clock, limit: serving.limits.head, accepting: &serving.scope };
    match serving.wire.open(stream, from, &opening).await {
        Some(Open::Plain(stream)) => look_through_guard(stream, None, serving).await,
        Some(Open::Secured(stream)) => {
            let peer = stream.peer().cloned();
            look_through_guard(*stream, peer, serving).await;
        }
        None => {}
    }
}

async fn look_through_guard<I>(io: I, peer: Option<Arc<Peer>>, serving: Accepting)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let verdict = Verdict::default();
    match serving.guard.clone() {
        Some((factory, on_refusal)) => {
            let guarded = Guarded::new(io, factory(), on_refusal, verdict.clone());
            drive(guarded, peer, verdict, serving).await;
        }
        None => drive(io, peer, verdict, serving).await,
    }
}

async fn drive<I>(io: I, peer: Option<Arc<Peer>>, verdict: Verdict, serving: Accepting)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Accepting { handler, limits, clock, scope: accepting, .. } = serving;
    let requests = Arc::new(AtomicU64::new(0));
    let expires = peer.as_ref().map(|peer| peer.expires);
    let shown = peer.map(Shown);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let index = requests.fetch_add(1, Ordering::Relaxed);
        let refusal = verdict.of(index);
        let handler = handler.clone();
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        async move {
            let response = match refusal {
                Some(problem) => {
                    let mut response: Response<Body> = problem.to_response().map(Body::from);
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                    response
                }
                None => handler(request.map(Body::incoming)).await,
            };
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        // A client may close its side after the last request and still wants the answer.
        .half_close(true)
        .max_buf_size(limits.buffer)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        biased;
        result = connection.as_mut() => result,
        () = accepting.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = expired(expires, &clock) => {
            tracing::debug!("the certificate of a caller has expired; its connection ends");
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // Clients break off and dawdle: nothing for an operator to do.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Ends when the certificate of the other side expires: what it showed no longer says who is there.
async fn expired(expires: Option<Timestamp>, clock: &Clock) {
    let Some(expires) = expires else { return std::future::pending().await };
    clock.sleep(expires.since(clock.now())).await;
}
