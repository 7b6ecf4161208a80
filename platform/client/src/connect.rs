//! Opening connections to far peers: in the clear, or with both sides showing who they are.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use tradewind_identity::{Identity, Protocol, TlsStream};

/// How long a connection may take to open, and a handshake on it.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Opens connections to one peer.
#[derive(Clone)]
pub(crate) struct Connector {
    http: HttpConnector,
    secured: Option<Secured>,
    protocol: Protocol,
}

/// Who calls, and who is to answer.
#[derive(Clone)]
struct Secured {
    identity: Identity,
    service: String,
}

impl Connector {
    /// Opens connections in the clear, for HTTP/1.1.
    pub(crate) fn plain() -> Self {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_LIMIT));
        // Which scheme a target has depends on the peer, and is decided below.
        http.enforce_http(false);
        Self { http, secured: None, protocol: Protocol::Http1 }
    }

    /// Opens connections on which this side is `identity` and the other has to be `service`.
    pub(crate) fn secured(self, identity: &Identity, service: &str) -> Self {
        let secured = Secured { identity: identity.clone(), service: service.to_owned() };
        Self { secured: Some(secured), ..self }
    }

    /// The same for HTTP/2, which both sides then agree on in the handshake; in the clear it is known beforehand.
    pub(crate) fn multiplexed(self) -> Self {
        Self { protocol: Protocol::Http2, ..self }
    }

    /// The scheme of targets.
    pub(crate) fn scheme(&self) -> Scheme {
        if self.secured.is_some() { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// Changes with what this side shows: connections opened before are those of the past.
    pub(crate) fn generation(&self) -> u64 {
        self.secured.as_ref().map_or(0, |secured| secured.identity.generation())
    }
}

impl Service<Uri> for Connector {
    type Response = Opened;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Opened, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let opening = self.http.call(target);
        let (secured, protocol) = (self.secured.clone(), self.protocol);
        Box::pin(async move {
            let stream = opening.await?;
            let Some(Secured { identity, service }) = secured else { return Ok(Opened::Plain(stream)) };
            let stream = identity.connect(stream.into_inner(), &service, protocol, CONNECT_LIMIT).await?;
            Ok(Opened::Secured(Box::new(TokioIo::new(stream))))
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.secured.as_ref().map(|secured| secured.service.as_str());
        f.debug_struct("Connector").field("service", &service).field("protocol", &self.protocol).finish()
    }
}

/// An open connection.
pub(crate) enum Opened {
    Plain(TokioIo<TcpStream>),
    Secured(Box<TokioIo<TlsStream>>),
}

impl Connection for Opened {
    fn connected(&self) -> Connected {
        match self {
            Self::Plain(stream) => stream.connected(),
            Self::Secured(stream) if stream.inner().is_http2() => Connected::new().negotiated_h2(),
            Self::Secured(_) => Connected::new(),
        }
    }
}

impl Read for Opened {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secured(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Write for Opened {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secured(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secured(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secured(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
            Self::Secured(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Secured(stream) => stream.is_write_vectored(),
        }
    }
}
