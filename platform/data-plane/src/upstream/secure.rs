//! TLS towards backends.

use std::io;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::io::Stream;
use crate::tls::BackendTls;

/// Completes a handshake.
pub(crate) async fn connect(tls: &BackendTls, stream: TcpStream) -> io::Result<Stream> {
    let stream = TlsConnector::from(tls.config.clone()).connect(tls.name.clone(), stream).await?;
    Ok(Stream::Client(Box::new(stream)))
}
