//! The connection below HTTP/2: what was read of it already, timers, and the counting of frames.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::buffer::Buffer;
use crate::front::http2::floods::Frames;
use crate::io::Stream;
use crate::settings::Timers;
use crate::timer::Timer;

/// Bytes that are read in one step.
const STEP: usize = 16 * 1024;

/// The connection below HTTP/2.
pub(crate) struct Wire {
    stream: Stream,
    /// What was read already, and not taken.
    first: Buffer,
    frames: Frames,
    timers: Timers,
    /// Goes off when nothing has come for too long.
    reading: Timer,
    /// Goes off when the peer takes nothing for too long.
    writing: Option<Timer>,
    storage: Box<[u8]>,
}

impl Wire {
    pub(crate) fn new(stream: Stream, first: Buffer, timers: Timers, resets: u32) -> Self {
        Self {
            stream,
            first,
            frames: Frames::new(resets),
            timers,
            reading: Timer::new(timers.idle),
            writing: None,
            storage: vec![0; STEP].into_boxed_slice(),
        }
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>, most: usize) -> Poll<io::Result<usize>> {
        let most = most.min(self.storage.len());
        let room = self.storage.get_mut(..most).unwrap_or_default();
        if !self.first.is_empty() {
            let count = self.first.filled().len().min(room.len());
            let (from, into) = (self.first.filled().get(..count), room.get_mut(..count));
            if let (Some(from), Some(into)) = (from, into) {
                into.copy_from_slice(from);
            }
            self.first.consume(count);
            return Poll::Ready(Ok(count));
        }
        let mut room = ReadBuf::new(room);
        match Pin::new(&mut self.stream).poll_read(context, &mut room) {
            Poll::Ready(read) => {
                read?;
                self.reading.set(self.timers.idle);
                Poll::Ready(Ok(room.filled().len()))
            }
            Poll::Pending if self.reading.poll(context).is_ready() => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &mut *self;
        let count = std::task::ready!(wire.poll_bytes(context, cursor.remaining()))?;
        let bytes = wire.storage.get(..count).unwrap_or_default();
        if wire.frames.look(bytes).is_err() {
            tracing::debug!("a client floods its connection with frames");
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        cursor.put_slice(bytes);
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = &mut *self;
        match Pin::new(&mut wire.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                wire.writing = None;
                // An answer that is still going out keeps the connection from being idle.
                wire.reading.set(wire.timers.idle);
                Poll::Ready(written)
            }
            Poll::Pending => {
                let limit = wire.timers.body;
                let writing = wire.writing.get_or_insert_with(|| Timer::new(limit));
                writing.poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
