//! A backend that speaks HTTP/2.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc};

/// A backend, and what tests see and say of it.
pub struct Backend {
    pub address: SocketAddr,
    pub state: Arc<State>,
    /// Resets that streams of `/hang` and `/drip` have seen.
    pub resets: mpsc::UnboundedReceiver<Reason>,
}

pub struct State {
    pub connections: AtomicUsize,
    pub requests: AtomicUsize,
    /// Lets `/drip` send its next message.
    pub drops: Semaphore,
    /// Makes all connections close gracefully.
    pub closing: Notify,
    /// Says that one has said so.
    pub closed: Notify,
    resets: mpsc::UnboundedSender<Reason>,
}

/// Starts a backend in clear, or with TLS.
pub async fn backend(tls: Option<tokio_rustls::TlsAcceptor>) -> Backend {
    backend_of(tls, 250).await
}

/// The same; it allows so many streams on a connection.
pub async fn backend_of(tls: Option<tokio_rustls::TlsAcceptor>, streams: u32) -> Backend {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, resets) = mpsc::unbounded_channel();
    let state = Arc::new(State {
        connections: AtomicUsize::new(0),
        requests: AtomicUsize::new(0),
        drops: Semaphore::new(0),
        closing: Notify::new(),
        closed: Notify::new(),
        resets: sender,
    });
    let shared = state.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let (state, tls) = (shared.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => serve(state, stream, streams).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(state, stream, streams).await;
                        }
                    }
                }
            });
        }
    });
    Backend { address, state, resets }
}

async fn serve(state: Arc<State>, stream: impl AsyncRead + AsyncWrite + Unpin, streams: u32) {
    state.connections.fetch_add(1, Ordering::SeqCst);
    let Ok(mut connection) =
        h2::server::Builder::new().max_concurrent_streams(streams).handshake::<_, Bytes>(stream).await
    else {
        return;
    };
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(Ok((request, respond))) = accepted else { return };
                tokio::spawn(answer(state.clone(), request, respond));
            }
            () = state.closing.notified() => {
                connection.graceful_shutdown();
                state.closed.notify_one();
            }
        }
    }
}

async fn answer(state: Arc<State>, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let number = state.requests.fetch_add(1, Ordering::SeqCst);
    let (head, mut body) = request.into_parts();
    match head.uri.path() {
        "/unary" => {
            let mut length = 0;
            while let Some(data) = next(&mut body).await {
                length += data.len();
            }
            let sent = body.trailers().await.ok().flatten().unwrap_or_default();
            let mut answer = Response::new(());
            let headers = answer.headers_mut();
            headers.insert("content-type", "application/grpc".parse().unwrap());
            headers.insert("x-authority", head.uri.authority().unwrap().as_str().parse().unwrap());
            headers.insert("x-scheme", head.uri.scheme_str().unwrap().parse().unwrap());
            for (seen, name) in [
                ("x-te", "te"),
                ("x-for", "x-forwarded-for"),
                ("x-trace", "traceparent"),
                ("x-cookie", "cookie"),
            ] {
                if let Some(value) = head.headers.get(name) {
                    headers.insert(seen, value.clone());
                }
            }
            if let Some(value) = sent.get("x-checksum") {
                headers.insert("x-checksum-seen", value.clone());
            }
            let mut stream = respond.send_response(answer, false).unwrap();
            send(&mut stream, format!("{length}").into(), false).await;
            stream.send_trailers(status("0")).unwrap();
        }
        "/echo" => echo(body, &mut respond).await,
        "/drip" => {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            for number in 0..3_u8 {
                let waits = async { state.drops.acquire().await.unwrap().forget() };
                tokio::select! {
                    () = waits => {}
                    reason = poll_fn(|context| stream.poll_reset(context)) => {
                        state.resets.send(reason.unwrap()).unwrap();
                        return;
                    }
                }
                send(&mut stream, vec![b'0' + number].into(), false).await;
            }
            stream.send_trailers(status("0")).unwrap();
        }
        "/flood" => {
            // Sends much without looking at what comes, and answers only then.
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            tokio::spawn(async move {
                send(&mut stream, vec![7; 3 << 20].into(), false).await;
                let _ = stream.send_trailers(status("0"));
            });
            let mut length = 0;
            while let Some(data) = next(&mut body).await {
                length += data.len();
            }
            state.drops.add_permits(length);
        }
        "/hang" => {
            let reason = poll_fn(|context| respond.poll_reset(context)).await;
            state.resets.send(reason.unwrap()).unwrap();
        }
        "/break" => {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            send(&mut stream, Bytes::from_static(b"half"), false).await;
            // A reset takes the place of what has not gone out yet.
            state.drops.acquire().await.unwrap().forget();
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
        "/refuse-once" if number == 0 => respond.send_reset(Reason::REFUSED_STREAM),
        "/refuse" => respond.send_reset(Reason::REFUSED_STREAM),
        "/internal" => respond.send_reset(Reason::INTERNAL_ERROR),
        _ => {
            let mut answer = Response::new(());
            *answer.headers_mut() = status("5");
            respond.send_response(answer, true).unwrap();
        }
    }
}

async fn echo(mut body: RecvStream, respond: &mut SendResponse<Bytes>) {
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    while let Some(data) = next(&mut body).await {
        send(&mut stream, data, false).await;
    }
    let _ = stream.send_trailers(status("0"));
}

fn status(status: &'static str) -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert("grpc-status", status.parse().unwrap());
    map
}

/// The next piece of a body; none at its end, or when it breaks off.
pub async fn next(body: &mut RecvStream) -> Option<Bytes> {
    let data = body.data().await?.ok()?;
    body.flow_control().release_capacity(data.len()).unwrap();
    Some(data)
}

/// Sends all of it, as far as the peer takes it.
pub async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes, is_last: bool) {
    if data.is_empty() && is_last {
        stream.send_data(data, true).unwrap();
        return;
    }
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        while stream.capacity() == 0 {
            let Some(Ok(_)) = poll_fn(|context| stream.poll_capacity(context)).await else { return };
        }
        let piece = data.split_to(stream.capacity().min(data.len()));
        let is_end = is_last && data.is_empty();
        if stream.send_data(piece, is_end).is_err() {
            return;
        }
    }
}
