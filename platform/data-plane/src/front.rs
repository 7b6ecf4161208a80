//! Serves clients.

pub(crate) mod client;
mod forward;
mod handshake;
mod http1;
mod http2;
mod named;
mod passing;
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
use crate::door::Door;
use crate::front::client::Client;
use crate::io::{Io, Stream};
use crate::thread::{Place, Thread};
use crate::timer::within;
use crate::tls::Within;

/// Serves a connection in a task of its own. One too many is closed at once: to answer it would cost what there is too
/// little of.
pub(crate) fn welcome(
    thread: &Rc<Thread>,
    door: &Rc<Door>,
    stream: TcpStream,
    peer: SocketAddr,
    admitted: Option<Admitted>,
) {
    let Some(place) = thread.place(peer.ip(), admitted) else { return };
    // Without it small answers wait for acknowledgements; a system that refuses this refuses the rest, too.
    let _ = stream.set_nodelay(true);
    door.serve(serve(thread.clone(), door.clone(), stream, peer, place));
}

/// Serves a connection. What is only needed at its beginning, or for another protocol, lives apart: a connection at rest
/// would keep the room for it.
async fn serve(thread: Rc<Thread>, listener: Rc<Door>, stream: TcpStream, peer: SocketAddr, place: Place) {
    let Some((client, protocol)) = Box::pin(begin(thread, listener, stream, peer)).await else { return };
    match protocol {
        Spoken::Http1 => http1::serve(client).await,
        Spoken::Http2 => Box::pin(multiplexed(client, place)).await,
    }
}

/// Which version of HTTP a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Http1,
    Http2,
}

/// Finds out who the client is and what it speaks.
async fn begin(
    thread: Rc<Thread>,
    listener: Rc<Door>,
    stream: TcpStream,
    peer: SocketAddr,
) -> Option<(Rc<Client>, Spoken)> {
    let bounds = listener.bounds.as_ref().map_or_else(|| thread.bounds.clone(), ListenerBounds::current);
    let client = if thread.edge.is_by_name(listener.name()) {
        let io = Io::new(Stream::Plain(stream));
        Box::pin(named::serve(Client::new((thread, listener, bounds), io, peer, None))).await?
    } else {
        let (stream, name) = Box::pin(secured(&bounds, &listener, stream)).await?;
        Client::new((thread, listener, bounds), Io::new(stream), peer, name)
    };
    // A client in clear may know beforehand (RFC 9113 §3.3).
    let is_http2 = match client.io.is_http2() {
        Some(agreed) => agreed,
        None => sniff::is_http2(&client).await,
    };
    Some((Rc::new(client), if is_http2 { Spoken::Http2 } else { Spoken::Http1 }))
}

async fn multiplexed(client: Rc<Client>, place: Place) {
    // Nobody else has it yet.
    let Some(client) = Rc::into_inner(client) else { return };
    let Client { thread, listener, bounds, io, buffer, peer, server_name, .. } = client;
    let shared = http2::Shared::new((thread, listener, bounds), peer, server_name);
    http2::serve(shared, io.into_stream(), buffer.into_inner(), place).await;
}

/// Completes the handshake of TLS, where the listener has it.
async fn secured(
    bounds: &Arc<Bounds>,
    listener: &Door,
    stream: TcpStream,
) -> Option<(Stream, Option<String>)> {
    let Some(tls) = &listener.tls else { return Some((Stream::Plain(stream), None)) };
    let handshake = TlsAcceptor::from(tls.config(Within::Http)).accept(stream);
    let stream = within(bounds.handshake, handshake).await?.ok()?;
    let server_name = stream.get_ref().1.server_name().map(str::to_owned);
    Some((Stream::Server(Box::new(stream)), server_name))
}
