//! One connection to an endpoint.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpStream;
use tradewind_http_validation::head::{HeadLimits, ResponseReader};

use crate::io::{Io, Stream};
use crate::timer::within;
use crate::upstream::cluster::ClusterSettings;
use crate::upstream::room::ConnectionPlace;
use crate::upstream::secure;

/// A connection over which one request goes after the other.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) io: Io,
    pub(crate) reader: Box<ResponseReader>,
    /// It counts among the connections of its backend.
    pub(crate) place: Option<ConnectionPlace>,
}

/// Opens a connection to an endpoint.
///
/// # Errors
///
/// There is none in time: nothing of a request was sent.
pub(crate) async fn open(
    address: SocketAddr,
    settings: &ClusterSettings,
    limits: HeadLimits,
    place: Option<ConnectionPlace>,
) -> io::Result<Connection> {
    let stream = within(settings.connect, connect(address, settings)).await;
    let stream = stream.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))?;
    Ok(Connection { io: Io::new(stream), reader: Box::new(ResponseReader::new(limits)), place })
}

/// Opens a connection over which no HTTP need go: as it is, or over TLS where it is to be read here and the cluster has
/// it.
///
/// # Errors
///
/// There is none in time.
pub(crate) async fn open_stream(
    address: SocketAddr,
    settings: &ClusterSettings,
    is_read: bool,
) -> io::Result<Stream> {
    let opened = async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match settings.tls.as_ref().filter(|_| is_read) {
            None => Ok(Stream::Plain(stream)),
            Some(tls) => secure::connect_stream(tls, stream).await,
        }
    };
    within(settings.connect, opened).await.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
}

/// Connects, and completes the handshake of TLS where the cluster has it.
pub(crate) async fn connect(address: SocketAddr, settings: &ClusterSettings) -> io::Result<Stream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(match &settings.tls {
        None => Stream::Plain(stream),
        Some(tls) => secure::connect(tls, settings.protocol, stream).await?,
    })
}
