//! One connection: HTTP/1.1 or HTTP/2, by what the client begins with; a timer on every phase.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tradewind_client::{Body, Handler};
use tradewind_identity::Peer;
use tradewind_kernel::{Clock, Timestamp};

use crate::serve::guard::{Guarded, Verdict};
use crate::serve::http2;
use crate::serve::lingering::{Lingering, Unread};
use crate::serve::listener::Accepting;
use crate::serve::protocol::{Protocol, Rewound, sniff};
use crate::serve::wire::{Open, Opening};
use crate::tasks::Scope;

/// How long an unused connection stays open after the door was asked to stop: a client may be sending its next request,
/// which would be lost. It is answered with `Connection: close` (RFC 9112 §9.6).
pub(crate) const LINGER: Duration = Duration::from_millis(200);

/// The most header fields of a request: the hundred that the edge lets in, and those that a hop adds.
const MAX_HEADERS: usize = 128;

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

/// Who is at the other end, as a certificate showed; among the extensions of each request of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Shown(pub(crate) Arc<Peer>);

/// Where a connection came from; among the extensions of each request of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CameFrom(pub(crate) SocketAddr);

/// What a connection is served with, whichever HTTP it speaks.
pub(crate) struct Terms {
    pub(crate) handler: Handler,
    pub(crate) limits: ConnectionLimits,
    pub(crate) clock: Clock,
    /// Bounds the requests under way on all connections of the door that carry several.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) accepting: Scope,
    /// Whether a body was refused before its end.
    unread: Unread,
    /// When the certificate that opened it expires.
    expires: Option<Timestamp>,
}

impl Terms {
    /// Ends when no further request is to be taken: the door closes, or the certificate of the other side has expired,
    /// which then no longer says who is there.
    pub(crate) async fn ended(&self) {
        let Some(expires) = self.expires else { return self.accepting.stopping().await };
        tokio::select! {
            biased;
            () = self.accepting.stopping() => {}
            () = self.clock.sleep(expires.since(self.clock.now())) => {
                tracing::debug!("the certificate of a caller has expired; its connection ends");
            }
        }
    }
}

/// Serves a connection until the client closes it or accepting stops; the request in hand is answered.
pub(crate) async fn serve(stream: TcpStream, from: SocketAddr, serving: Accepting, streams: Arc<Semaphore>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection could not be set up");
        return;
    }
    let opening = Opening { clock: &serving.clock, limit: serving.limits.head, accepting: &serving.scope };
    match serving.wire.open(stream, from, &opening).await {
        Some(Open::Plain(stream)) => speak(stream, (CameFrom(from), None), serving, streams).await,
        Some(Open::Secured(stream)) => {
            let peer = stream.peer().cloned();
            speak(*stream, (CameFrom(from), peer), serving, streams).await;
        }
        None => {}
    }
}

async fn speak<I>(
    io: I,
    (from, peer): (CameFrom, Option<Arc<Peer>>),
    serving: Accepting,
    streams: Arc<Semaphore>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Accepting { handler, guard, limits, clock, scope: accepting, .. } = serving;
    let expires = peer.as_ref().map(|peer| peer.expires);
    let handler = showing(handler, from, peer);
    let terms = Terms { handler, limits, clock, streams, accepting, unread: Unread::default(), expires };
    let verdict = Verdict::default();
    let io = Lingering::new(io, terms.clock.clone(), terms.unread.clone());
    match guard {
        Some((factory, on_refusal)) => {
            let guarded = Guarded::new(io, factory(), on_refusal, verdict.clone());
            drive(guarded, verdict, terms).await;
        }
        None => {
            let Some((protocol, io)) = begin(io, &terms).await else { return };
            match protocol {
                Protocol::Http1 => drive(io, verdict, terms).await,
                Protocol::Http2 => http2::drive(io, terms).await,
            }
        }
    }
}

/// The same handler, which is told with each request who is at the other end.
fn showing(handler: Handler, from: CameFrom, peer: Option<Arc<Peer>>) -> Handler {
    let shown = peer.map(Shown);
    Arc::new(move |mut request| {
        request.extensions_mut().insert(from);
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        handler(request)
    })
}

/// What the client speaks; `None` when it did not say so in time.
async fn begin<I: AsyncRead + Unpin>(io: I, terms: &Terms) -> Option<(Protocol, Rewound<I>)> {
    let mut sniffing = std::pin::pin!(sniff(io));
    let begun = tokio::select! {
        biased;
        begun = terms.clock.timeout(terms.limits.head, sniffing.as_mut()) => begun,
        // Who has just connected may be sending a request.
        () = terms.accepting.stopping() => terms.clock.timeout(LINGER, sniffing.as_mut()).await,
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

async fn drive<I>(io: I, verdict: Verdict, terms: Terms)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let requests = Arc::new(AtomicU64::new(0));
    let (handler, stopping, unread) = (terms.handler.clone(), terms.accepting.clone(), terms.unread.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let index = requests.fetch_add(1, Ordering::Relaxed);
        let refusal = verdict.of(index);
        let (handler, stopping, unread) = (handler.clone(), stopping.clone(), unread.clone());
        async move {
            let is_refused = refusal.is_some();
            let mut response: Response<Body> = match refusal {
                Some(problem) => problem.to_response().map(Body::from),
                None => handler(request.map(Body::incoming)).await,
            };
            if is_refused || stopping.is_stopping() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
                unread.set();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(terms.limits.head)
        // A client may close its side after the last request and still wants the answer.
        .half_close(true)
        .max_buf_size(terms.limits.buffer)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        biased;
        result = connection.as_mut() => result,
        () = terms.ended() => match terms.clock.timeout(LINGER, connection.as_mut()).await {
            Ok(result) => result,
            Err(_) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    };
    if let Err(error) = result {
        // Clients break off and dawdle: nothing for an operator to do.
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_request_that_comes_just_when_the_door_stops_is_answered_as_the_last() {
        let handler = tradewind_client::handler(|_| async { Response::new(Body::from("good".to_owned())) });
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let second = Duration::from_secs(1);
        let limits = ConnectionLimits { head: second, stall: second, buffer: 64 * 1024 };
        let (accepting, streams) = (Scope::new("test"), Arc::new(Semaphore::new(1)));
        let unread = Unread::default();
        let terms =
            Terms { handler, limits, clock, streams, accepting: accepting.clone(), unread, expires: None };
        let (ours, mut theirs) = duplex(4096);
        let asking = async move {
            let mut first = Vec::new();
            theirs.write_all(GET).await.unwrap();
            while !first.ends_with(b"good") {
                theirs.read_buf(&mut first).await.unwrap();
            }
            assert!(!String::from_utf8_lossy(&first).contains("connection: close"));
            accepting.stop();
            // Often enough for the door to have seen it; no time passes meanwhile.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            theirs.write_all(GET).await.unwrap();
            let mut last = String::new();
            theirs.read_to_string(&mut last).await.unwrap();
            last
        };
        let ((), last) = tokio::join!(drive(ours, Verdict::default(), terms), asking);
        assert!(last.contains("connection: close") && last.ends_with("good"), "{last:?}");
    }
}
