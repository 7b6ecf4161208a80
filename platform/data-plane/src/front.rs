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

async fn serve(thread: Rc<Thread>, listener: Rc<Door>, stream: TcpStream, peer: SocketAddr, place: Place) {
    let bounds = listener.bounds.as_ref().map_or_else(|| thread.bounds.clone(), ListenerBounds::current);
    let client = if thread.edge.is_by_name(listener.name()) {
        let io = Io::new(Stream::Plain(stream));
        // Apart, since it is rare and large.
        Box::pin(named::serve(Client::new((thread, listener, bounds), io, peer, None))).await
    } else {
        let secured = secured(&bounds, &listener, stream).await;
        secured.map(|(stream, name)| Client::new((thread, listener, bounds), Io::new(stream), peer, name))
    };
    let Some(client) = client else { return };
    // A client in clear may know beforehand (RFC 9113 §3.3).
    let is_http2 = match client.io.is_http2() {
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
    listener: &Door,
    stream: TcpStream,
) -> Option<(Stream, Option<String>)> {
    let Some(tls) = &listener.tls else { return Some((Stream::Plain(stream), None)) };
    let handshake = TlsAcceptor::from(tls.config(Within::Http)).accept(stream);
    let stream = within(bounds.handshake, handshake).await?.ok()?;
    let server_name = stream.get_ref().1.server_name().map(str::to_owned);
    Some((Stream::Server(Box::new(stream)), server_name))
}
