//! Connections to addresses that somebody outside named: each is judged after its name was resolved, and what was
//! judged is what is connected to, so that no name can lead elsewhere in between.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use tradewind_kernel::Clock;

use super::place::is_public;

/// How long a name may take to be resolved, a connection to open, and a handshake on it; each.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The most addresses of one name that are tried.
const MAX_TRIES: usize = 3;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The address is not one that somebody outside may lead us to.
#[derive(Debug, thiserror::Error)]
#[error("{0} is an address of a private network")]
pub(crate) struct Private(pub(crate) IpAddr);

/// Opens connections to public addresses, for HTTP/1.1.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: TlsConnector,
    allow_private: bool,
    clock: Clock,
}

impl Connector {
    /// `None` when the cryptographic library refuses to work.
    pub(crate) fn new(allow_private: bool, clock: Clock) -> Option<Self> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Some(Self { tls: TlsConnector::from(Arc::new(config)), allow_private, clock })
    }

    async fn open(self, target: Uri) -> Result<Opened, Failure> {
        let host = target.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_secured = target.scheme() == Some(&Scheme::HTTPS);
        let port = target.port_u16().unwrap_or(if is_secured { 443 } else { 80 });
        let stream = self.reach(&host, port).await?;
        if !is_secured {
            return Ok(Opened(TokioIo::new(Box::new(stream))));
        }
        let name = ServerName::try_from(host)?;
        let shaken = self.clock.timeout(CONNECT_LIMIT, self.tls.connect(name, stream)).await;
        Ok(Opened(TokioIo::new(Box::new(shaken.map_err(|_| late("the handshake"))??))))
    }

    async fn reach(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let found = self.clock.timeout(CONNECT_LIMIT, tokio::net::lookup_host((host, port))).await;
        let found: Vec<SocketAddr> = found.map_err(|_| late("the name"))??.collect();
        // One private address among them is enough: which one is taken must not depend on chance.
        if let Some(private) = found.iter().find(|address| !self.allow_private && !is_public(address.ip())) {
            return Err(Private(private.ip()).into());
        }
        let mut failed = io::Error::other("the name has no address");
        for address in found.into_iter().take(MAX_TRIES) {
            match self.clock.timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => failed = error,
                Err(_) => failed = late("the connection"),
            }
        }
        Err(failed.into())
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("{what} took longer than {} s", CONNECT_LIMIT.as_secs()))
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

impl Service<Uri> for Connector {
    type Response = Opened;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Opened, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        Box::pin(self.clone().open(target))
    }
}

/// A connection in the clear or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection.
pub(crate) struct Opened(TokioIo<Box<dyn Stream>>);

impl Connection for Opened {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Opened {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
