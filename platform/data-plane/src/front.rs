//! Serves clients.

pub(crate) mod client;
mod forward;
mod http1;
mod http2;
mod refused;
mod relay;
mod sniff;
mod tunnel;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::bounds::{Admitted, Bounds, ListenerBounds};
use crate::front::client::Client;
use crate::io::{Io, Stream};
use crate::listener::Listener;
use crate::task::spawn;
use crate::thread::{Place, Thread};
use crate::timer::within;

/// Serves a connection in a task of its own. One too many is closed at once: to answer it would cost what there is too
/// little of.
pub(crate) fn welcome(
    thread: &Rc<Thread>,
    listener: &Rc<Listener>,
    stream: TcpStream,
    peer: SocketAddr,
    admitted: Option<Admitted>,
) {
    let Some(place) = thread.place(peer.ip(), admitted) else { return };
    // Without it small answers wait for acknowledgements; a system that refuses this refuses the rest, too.
    let _ = stream.set_nodelay(true);
    spawn(serve(thread.clone(), listener.clone(), stream, peer, place));
}

async fn serve(
    thread: Rc<Thread>,
    listener: Rc<Listener>,
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
) {
    let bounds = listener.bounds.as_ref().map_or_else(|| thread.bounds.clone(), ListenerBounds::current);
    let Some((stream, server_name)) = secured(&bounds, &listener, stream).await else { return };
    let agreed = match &stream {
        Stream::Server(stream) => stream.get_ref().1.alpn_protocol().map(|protocol| protocol == b"h2"),
        Stream::Plain(_) | Stream::Client(_) => None,
    };
    let client = Client::new((thread, listener, bounds), Io::new(stream), peer, server_name);
    // A client in clear may know beforehand (RFC 9113 §3.3).
    let is_http2 = match agreed {
        Some(agreed) => agreed,
        None => sniff::is_http2(&client).await,
    };
    if is_http2 {
        let Client { thread, listener, bounds, io, buffer, peer, server_name, .. } = client;
        let shared = http2::Shared::new((thread, listener, bounds), peer, server_name);
        http2::serve(shared, io.into_stream(), buffer.into_inner(), place).await;
        return;
    }
    http1::serve(Rc::new(client)).await;
    drop(place);
}

/// Completes the handshake of TLS, where the listener has it.
async fn secured(
    bounds: &Arc<Bounds>,
    listener: &Listener,
    stream: TcpStream,
) -> Option<(Stream, Option<String>)> {
    let Some(tls) = &listener.tls else { return Some((Stream::Plain(stream), None)) };
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    let stream = within(bounds.handshake, handshake).await?.ok()?;
    let server_name = stream.get_ref().1.server_name().map(str::to_owned);
    Some((Stream::Server(Box::new(stream)), server_name))
}
