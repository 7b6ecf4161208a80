//! Serves clients.

pub(crate) mod client;
mod forward;
mod http1;
mod refused;
mod relay;
mod tunnel;

use std::net::SocketAddr;
use std::rc::Rc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::io::{Io, Stream};
use crate::listener::Listener;
use crate::thread::{Place, Thread, spawn};
use crate::timer::within;

/// Serves a connection in a task of its own. One too many is closed at once: to answer it would cost what there is too
/// little of.
pub(crate) fn welcome(thread: &Rc<Thread>, listener: &Rc<Listener>, stream: TcpStream, peer: SocketAddr) {
    let Some(place) = thread.place(peer.ip()) else { return };
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
    let Some((stream, server_name)) = secured(&thread, &listener, stream).await else { return };
    let client = client::Client::new(thread, listener, Io::new(stream), peer, server_name);
    http1::serve(Rc::new(client)).await;
    drop(place);
}

/// Completes the handshake of TLS, where the listener has it.
async fn secured(
    thread: &Thread,
    listener: &Listener,
    stream: TcpStream,
) -> Option<(Stream, Option<String>)> {
    let Some(config) = &listener.tls else { return Some((Stream::Plain(stream), None)) };
    let handshake = TlsAcceptor::from(config.clone()).accept(stream);
    let stream = within(thread.settings.timers.handshake, handshake).await?.ok()?;
    let server_name = stream.get_ref().1.server_name().map(str::to_owned);
    Some((Stream::Server(Box::new(stream)), server_name))
}
