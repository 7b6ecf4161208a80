//! One HTTP/2 connection: many requests at a time, each within bounds, and a timer on every phase.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tradewind_client::Body;
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::serve::connection::Terms;
use crate::serve::streams::{Activity, Phase, Watched};
use crate::tasks::Scope;

/// Requests under way at a time on one connection; the client is told, and waits.
const STREAMS: u32 = 128;

/// The greatest size of the headers of a request, in bytes as HTTP/2 counts them.
const MAX_HEADERS: u32 = 32 * 1024;

/// Streams that the client has reset before they were taken up, and streams that were reset here for its mistakes:
/// beyond that the connection ends (CVE-2023-44487, CVE-2025-8671).
const RESETS: usize = 32;

/// Bytes of request bodies that wait to be read: of one stream, and of a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 512 * 1024;

/// Bytes of an answer that wait for the client to take them.
const SEND_BUFFER: usize = 64 * 1024;

/// How often a client is asked whether it is still there, and how long it has to say so.
const ALIVE_EVERY: Duration = Duration::from_secs(20);
const ALIVE_LIMIT: Duration = Duration::from_secs(10);

/// Serves a connection until the client closes it, it is unused for too long, or `accepting` stops; requests in hand
/// are answered.
pub(crate) async fn drive<I>(io: I, terms: Terms)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new(terms.clock.clone());
    let service = {
        let (activity, handler, streams) = (activity.clone(), terms.handler.clone(), terms.streams.clone());
        service_fn(move |request: Request<Incoming>| {
            let (handler, activity, streams) = (handler.clone(), activity.clone(), streams.clone());
            async move {
                let Ok(place) = streams.try_acquire_owned() else {
                    return Ok::<_, Infallible>(busy().map(Watched::unbounded));
                };
                let stream = activity.begin(place);
                let response = handler(request.map(Body::incoming)).await;
                Ok(response.map(|body| Watched::new(body, stream)))
            }
        })
    };
    let connection = builder(terms.accepting.clone()).serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let mut is_closing = false;
    let result = loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => break result,
            () = terms.ended(), if !is_closing => {
                connection.as_mut().graceful_shutdown();
                // The client has as long as any other to take notice of it.
                activity.touch();
                is_closing = true;
            }
            phase = activity.watch(terms.limits.head, terms.limits.stall) => match phase {
                Phase::Unused if !is_closing => {
                    connection.as_mut().graceful_shutdown();
                    activity.touch();
                    is_closing = true;
                }
                // It was told to go, or takes nothing of what it asked for.
                Phase::Unused | Phase::Stalled => {
                    tracing::debug!(?phase, "a connection was cut off");
                    return;
                }
            }
        }
    };
    if let Err(error) = result {
        // Clients break off and dawdle: nothing for an operator to do.
        tracing::debug!(%error, "a connection ended early");
    }
}

fn builder(scope: Scope) -> http2::Builder<InScope> {
    let mut builder = http2::Builder::new(InScope(scope));
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(ALIVE_EVERY)
        .keep_alive_timeout(ALIVE_LIMIT);
    builder
}

fn busy() -> Response<Body> {
    let problem = Problem::new(&UNAVAILABLE)
        .detail("Too many requests are under way at this door.")
        .retry_after(Duration::from_secs(1));
    problem.to_response().map(Body::from)
}

/// The requests of a connection run beside each other, as tasks of the scope of the connection.
#[derive(Clone)]
struct InScope(Scope);

impl<F> hyper::rt::Executor<F> for InScope
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn("stream", stream);
    }
}
