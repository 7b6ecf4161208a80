//! TLS towards backends.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::io::Stream;

/// Completes a handshake.
pub(crate) async fn connect(
    config: Arc<rustls::ClientConfig>,
    name: ServerName<'static>,
    stream: TcpStream,
) -> io::Result<Stream> {
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    Ok(Stream::Client(Box::new(stream)))
}
