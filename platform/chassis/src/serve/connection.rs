//! One connection: HTTP/1.1 or HTTP/2, by what the client begins with; a timer on every phase.

use std::convert::Infallible;
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
use tokio::sync::Semaphore;
use tradewind_client::{Body, Handler};
use tradewind_kernel::Clock;

use crate::serve::guard::{GuardFactory, Guarded, OnRefusal, Verdict};
use crate::serve::http2;
use crate::serve::protocol::{Protocol, Rewound, sniff};
use crate::tasks::Scope;

/// Bounds on one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// How long a client may take to send a head, and how long a connection may stay unused.
    pub(crate) head: Duration,
    /// How long nothing may move while requests are under way that share a connection: longer than any may take.
    pub(crate) stall: Duration,
    /// The greatest number of bytes kept while a head is read.
    pub(crate) buffer: usize,
}

/// Serves a connection until the client closes it or `accepting` stops; the request in hand is answered.
pub(crate) async fn serve(
    stream: TcpStream,
    handler: Handler,
    guard: Option<(GuardFactory, OnRefusal)>,
    limits: ConnectionLimits,
    (clock, streams): (Clock, Arc<Semaphore>),
    accepting: Scope,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection could not be set up");
        return;
    }
    let verdict = Verdict::default();
    match guard {
        Some((factory, on_refusal)) => {
            let guarded = Guarded::new(stream, factory(), on_refusal, verdict.clone());
            drive(guarded, handler, verdict, limits, accepting).await;
        }
        None => {
            let Some((protocol, stream)) = begin(stream, limits, &clock, &accepting).await else { return };
            match protocol {
                Protocol::Http1 => drive(stream, handler, verdict, limits, accepting).await,
                Protocol::Http2 => http2::drive(stream, handler, limits, (clock, streams), accepting).await,
            }
        }
    }
}

/// What the client speaks; `None` when it did not say so in time, or nothing is accepted any more.
async fn begin<I: AsyncRead + Unpin>(
    stream: I,
    limits: ConnectionLimits,
    clock: &Clock,
    accepting: &Scope,
) -> Option<(Protocol, Rewound<I>)> {
    let begun = tokio::select! {
        biased;
        () = accepting.stopping() => return None,
        begun = clock.timeout(limits.head, sniff(stream)) => begun,
    };
    match begun {
        Ok(Ok(begun)) => Some(begun),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection ended early");
            None
        }
        Err(_) => {
            tracing::debug!("a connection was opened and nothing was sent");
            None
        }
    }
}

async fn drive<I>(io: I, handler: Handler, verdict: Verdict, limits: ConnectionLimits, accepting: Scope)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let requests = Arc::new(AtomicU64::new(0));
    let service = service_fn(move |request: Request<Incoming>| {
        let index = requests.fetch_add(1, Ordering::Relaxed);
        let refusal = verdict.of(index);
        let handler = handler.clone();
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
    };
    if let Err(error) = result {
        // Clients break off and dawdle: nothing for an operator to do.
        tracing::debug!(%error, "a connection ended early");
    }
}
