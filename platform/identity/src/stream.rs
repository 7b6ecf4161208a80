//! Streams of bytes, before and after the handshake.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tradewind_kernel::Timestamp;

use crate::name::SpiffeId;
use crate::outcome::{Counts, Side, explain_late};

/// A connection in both directions: whatever tokio can read from and write to.
pub trait ByteStream: Send + 'static {
    /// The same without its type.
    fn any(self) -> AnyStream;
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> ByteStream for T {
    fn any(self) -> AnyStream {
        AnyStream(Box::new(self))
    }
}

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

/// A [`ByteStream`] of any type.
pub struct AnyStream(Box<dyn Both>);

/// The other side of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who it is.
    pub id: SpiffeId,
    /// When its certificate expires.
    pub expires: Timestamp,
}

/// A connection after its handshake: what is read and written is in the clear here and nowhere else.
pub struct TlsStream {
    pub(crate) inner: tokio_rustls::TlsStream<AnyStream>,
    pub(crate) peer: Option<Arc<Peer>>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) side: Side,
}

impl TlsStream {
    /// Who is at the other end; `None` when a caller need not say and did not.
    #[must_use]
    pub fn peer(&self) -> Option<&Arc<Peer>> {
        self.peer.as_ref()
    }

    /// Whether both sides agreed on HTTP/2; otherwise it is HTTP/1.1.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        self.inner.get_ref().1.alpn_protocol() == Some(b"h2")
    }
}

impl AsyncRead for AnyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        read.map_err(|error| {
            let (outcome, error) = explain_late(error, self.side);
            if let Some(outcome) = outcome {
                self.counts.add(self.side, outcome);
            }
            error
        })
    }
}

/// Passes writing on to a field.
macro_rules! write_to {
    ($stream:ident, $field:tt) => {
        impl AsyncWrite for $stream {
            fn poll_write(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_write(context, bytes)
            }

            fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_flush(context)
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_shutdown(context)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_write_vectored(context, bytes)
            }

            fn is_write_vectored(&self) -> bool {
                self.$field.is_write_vectored()
            }
        }
    };
}

write_to!(AnyStream, 0);
write_to!(TlsStream, inner);

impl fmt::Debug for AnyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStream")
    }
}

impl fmt::Debug for TlsStream {
    /// Nothing of the session: its keys are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("peer", &self.peer).finish_non_exhaustive()
    }
}
