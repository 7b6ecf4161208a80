//! The connection below HTTP/2: what was read of it already, the counting of frames, and what is to be written.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::buffer::Buffer;
use crate::front::http2::floods::Frames;
use crate::io::Stream;
use crate::thread::Thread;
use crate::timer::Moment;

/// How often the connection is read before others have their turn.
const READS: u32 = 16;

/// Bytes that wait to go out together.
const TOGETHER: usize = 48 * 1024;

/// The connection below HTTP/2.
///
/// What the protocol writes is collected, so that the frames of all streams that have something to say go out in one
/// step, and with TLS in few records.
pub(crate) struct Wire {
    thread: Rc<Thread>,
    stream: Stream,
    /// What was read already, and not taken.
    first: Buffer,
    frames: Frames,
    is_flooded: bool,
    reads: u32,
    out: Buffer,
    /// When the connection was called.
    now: Moment,
    /// When something was read or written last.
    moved: Moment,
    /// Since when the peer takes nothing.
    stuck: Option<Moment>,
}

impl Wire {
    /// `resets` is how many streams the client may reset within a minute.
    pub(crate) fn new(
        thread: Rc<Thread>,
        stream: Stream,
        first: Buffer,
        (now, resets): (Moment, u32),
    ) -> Self {
        Self {
            thread,
            stream,
            first,
            frames: Frames::new(now, resets),
            is_flooded: false,
            reads: READS,
            out: Buffer::default(),
            now,
            moved: now,
            stuck: None,
        }
    }

    /// The connection is called at this moment.
    pub(crate) fn begin(&mut self, now: Moment) {
        (self.now, self.reads) = (now, READS);
    }

    /// When something was read or written last.
    pub(crate) fn moved(&self) -> Moment {
        self.moved
    }

    /// Since when the peer takes nothing.
    pub(crate) fn stuck(&self) -> Option<Moment> {
        self.stuck
    }

    fn poll_read(&mut self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        if self.first.is_empty() {
            if self.reads == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.reads -= 1;
            ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
            self.moved = self.now;
        } else {
            let count = self.first.filled().len().min(into.remaining());
            into.put_slice(self.first.filled().get(..count).unwrap_or_default());
            self.first.consume(count);
            if self.first.is_empty() {
                self.thread.buffers.put(std::mem::take(&mut self.first));
            }
        }
        let bytes = into.filled().get(before..).unwrap_or_default();
        if self.frames.look(bytes, self.now).is_err() {
            tracing::debug!("a client floods its connection with frames");
            self.is_flooded = true;
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(Ok(()))
    }

    /// Takes bytes to be written; when too many wait already, once they have gone.
    fn poll_write(&mut self, context: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.out.filled().len() >= TOGETHER {
            ready!(self.poll_out(context))?;
        }
        let mut count = 0;
        if self.out.room().is_empty() && self.out.is_empty() {
            self.out = self.thread.buffers.take();
        }
        for piece in pieces {
            if self.out.room().len() < piece.len() {
                self.thread.buffers.enlarge(&mut self.out);
            }
            self.out.extend(piece);
            count += piece.len();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, self.out.filled()) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => {
                    self.out.consume(count);
                    (self.moved, self.stuck) = (self.now, None);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.stuck.get_or_insert(self.now);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what was collected. A connection that has nothing to write has no storage for it, and one that floods is
    /// not waited for.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_flooded {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        if self.out.is_empty() && self.stuck.is_none() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_out(context))?;
        self.thread.buffers.put(std::mem::take(&mut self.out));
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.stuck = if flushed.is_pending() { self.stuck.or(Some(self.now)) } else { None };
        flushed
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The connection, as the protocol has it.
pub(crate) struct Handle(pub(crate) Rc<RefCell<Wire>>);

impl AsyncRead for Handle {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_read(context, into)
    }
}

impl AsyncWrite for Handle {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// What is collected goes out once all streams have had their turn.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_shutdown(context)
    }
}
