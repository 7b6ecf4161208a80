//! TLS towards backends.

use std::io;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::io::Stream;
use crate::settings::BackendProtocol;
use crate::tls::BackendTls;

/// Completes a handshake. A backend that is to speak HTTP/2 has to agree to it (RFC 9113 §3.2).
pub(crate) async fn connect(
    tls: &BackendTls,
    protocol: BackendProtocol,
    stream: TcpStream,
) -> io::Result<Stream> {
    let config = match protocol {
        BackendProtocol::Http1 => &tls.config,
        BackendProtocol::Http2 => &tls.config_of_http2,
    };
    let stream = TlsConnector::from(config.clone()).connect(tls.name.clone(), stream).await?;
    if protocol == BackendProtocol::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return Err(io::Error::other("the backend does not agree to speak HTTP/2"));
    }
    Ok(Stream::Client(Box::new(stream)))
}

/// The same for what is no HTTP, or what nobody knows to be.
pub(crate) async fn connect_stream(tls: &BackendTls, stream: TcpStream) -> io::Result<Stream> {
    let stream = TlsConnector::from(tls.config_of_streams.clone()).connect(tls.name.clone(), stream).await?;
    Ok(Stream::Client(Box::new(stream)))
}
