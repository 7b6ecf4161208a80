//! Begins TLS with a client whose first bytes were read already, or says why not.

use rustls::ServerConnection;
use tokio_rustls::TlsAcceptor;

use crate::front::client::Client;
use crate::front::refused::linger;
use crate::io::{Io, Stream};
use crate::timer::within;
use crate::tls::Within;

/// The reasons for which TLS is given up (RFC 8446 §6.2).
#[derive(Debug, Clone, Copy)]
pub(super) enum Alert {
    AccessDenied = 49,
    DecodeError = 50,
    InternalError = 80,
    UnrecognizedName = 112,
}

/// Tells the client why it is not served, and closes.
pub(super) async fn give_up(client: &Client, alert: Alert) {
    // A record with an alert that is fatal (RFC 8446 §6).
    let record = [21, 3, 3, 0, 2, 2, alert as u8];
    if client.write_all(&record, client.bounds.write).await.is_ok() {
        linger(client).await;
    }
}

/// Ends the TLS of a connection whose first bytes were read already.
pub(super) async fn secured(client: Client, within_it: Within) -> Option<Client> {
    let Client { thread, listener, bounds, io, buffer, peer, server_name, .. } = client;
    let (Some(tls), Stream::Plain(stream)) = (&listener.tls, io.into_stream()) else { return None };
    let buffer = buffer.into_inner();
    let acceptor = TlsAcceptor::from(tls.config(within_it));
    let handshake = acceptor.accept_with(stream, |connection| feed(connection, buffer.filled()));
    thread.buffers.put(buffer);
    let stream = within(bounds.handshake, handshake).await?.ok()?;
    let io = Io::new(Stream::Server(Box::new(stream)));
    Some(Client::new((thread, listener, bounds), io, peer, server_name))
}

/// Shows TLS what was read before it was there. What is wrong with it is found once more by the handshake.
fn feed(connection: &mut ServerConnection, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match connection.read_tls(&mut bytes) {
            Ok(count) if count > 0 && connection.process_new_packets().is_ok() => {}
            _ => return,
        }
    }
}
