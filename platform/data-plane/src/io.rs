//! A connection, in clear or with TLS.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{client, server};

use crate::buffer::Buffer;

/// A connection that can be read and written from two places of one task.
#[derive(Debug)]
pub(crate) struct Io(RefCell<Stream>);

#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Server(Box<server::TlsStream<TcpStream>>),
    Client(Box<client::TlsStream<TcpStream>>),
}

impl Io {
    pub(crate) fn new(stream: Stream) -> Self {
        Self(RefCell::new(stream))
    }

    pub(crate) fn into_stream(self) -> Stream {
        self.0.into_inner()
    }

    /// Reads into the room of a buffer. Zero is the end of the stream.
    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut Buffer,
    ) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(buffer.room());
        if room.remaining() == 0 {
            return Poll::Ready(Err(io::Error::other("the buffer is full")));
        }
        ready!(Pin::new(&mut *self.0.borrow_mut()).poll_read(context, &mut room))?;
        let count = room.filled().len();
        buffer.filled_more(count);
        Poll::Ready(Ok(count))
    }

    /// Writes some bytes.
    pub(crate) fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match ready!(Pin::new(&mut *self.0.borrow_mut()).poll_write(context, bytes)) {
            Ok(0) if !bytes.is_empty() => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => Poll::Ready(written),
        }
    }

    /// Hands on what TLS still holds.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_flush(context)
    }

    /// Says that nothing more is written.
    pub(crate) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_shutdown(context)
    }

    /// Whether both sides have agreed to speak HTTP/2; none where nothing was agreed on.
    pub(crate) fn is_http2(&self) -> Option<bool> {
        match &*self.0.borrow() {
            Stream::Server(stream) => stream.get_ref().1.alpn_protocol().map(|protocol| protocol == b"h2"),
            Stream::Plain(_) | Stream::Client(_) => None,
        }
    }

    /// Waits until something may be read. Says so at once where only reading can tell.
    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &*self.0.borrow() {
            Stream::Plain(stream) => stream.poll_read_ready(context),
            Stream::Server(_) | Stream::Client(_) => Poll::Ready(Ok(())),
        }
    }

    /// Whether something has come, or the peer has gone, as far as the event loop knows.
    pub(crate) fn is_disturbed(&self) -> bool {
        let mut nobody = Context::from_waker(std::task::Waker::noop());
        match &*self.0.borrow() {
            Stream::Plain(stream) => stream.poll_read_ready(&mut nobody).is_ready(),
            Stream::Client(stream) => stream.get_ref().0.poll_read_ready(&mut nobody).is_ready(),
            Stream::Server(stream) => stream.get_ref().0.poll_read_ready(&mut nobody).is_ready(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Server(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Client(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Server(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Client(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Server(stream) => Pin::new(stream).poll_flush(context),
            Self::Client(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Server(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Client(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
