//! Closing a connection on which the other side may still be sending.
//!
//! A socket that is closed with bytes unread resets the connection, and the reset overtakes the answer: whoever sends a
//! body that is refused in the middle would never learn why (RFC 9112 §9.6). So what still comes is read and thrown
//! away for a moment, after the end of the answers was sent.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tradewind_client::BoxFuture;
use tradewind_kernel::Clock;

/// How long, and how many bytes, are thrown away.
const LIMIT: Duration = Duration::from_secs(1);
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Bytes read at a time.
const CHUNK: usize = 8 * 1024;

/// Whether a body was refused before its end, on one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// Says that more of a body is on its way than anybody will read.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that is closed without a reset.
pub(crate) struct Lingering<I> {
    io: I,
    clock: Clock,
    unread: Unread,
    ending: Ending,
    thrown_away: usize,
}

/// How far the end of a stream has come.
enum Ending {
    Open,
    /// Nothing more is written; what comes is thrown away until then.
    Closing(BoxFuture<'static, ()>),
    Closed,
}

impl<I> Lingering<I> {
    pub(crate) fn new(io: I, clock: Clock, unread: Unread) -> Self {
        Self { io, clock, unread, ending: Ending::Open, thrown_away: 0 }
    }
}

impl<I: AsyncRead + Unpin> Lingering<I> {
    /// Throws away what is there; ready when there will be nothing more, or enough was seen of it.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut chunk = [0; CHUNK];
        loop {
            let mut buffer = ReadBuf::new(&mut chunk);
            let read = ready!(Pin::new(&mut self.io).poll_read(context, &mut buffer));
            let count = buffer.filled().len();
            self.thrown_away += count;
            if read.is_err() || count == 0 || self.thrown_away >= MAX_BYTES {
                return Poll::Ready(());
            }
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if matches!(this.ending, Ending::Open) {
            ready!(Pin::new(&mut this.io).poll_shutdown(context))?;
            let clock = this.clock.clone();
            this.ending = Ending::Closing(Box::pin(async move { clock.sleep(LIMIT).await }));
        }
        let is_over = this.poll_rest(context).is_ready();
        // Who sends nothing is not waited for.
        let is_wanted = this.unread.is_set() || this.thrown_away > 0;
        if let Ending::Closing(limit) = &mut this.ending
            && !is_over
            && is_wanted
        {
            ready!(limit.as_mut().poll(context));
        }
        this.ending = Ending::Closed;
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Lingering<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tradewind_kernel::Timestamp;

    use super::*;

    /// Closes its side after an answer, and says how long that took.
    async fn close(unread: bool, sends: bool) -> Duration {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let (ours, mut theirs) = duplex(64);
        let refused = Unread::default();
        if unread {
            refused.set();
        }
        let mut ours = Lingering::new(ours, clock.clone(), refused);
        let began = clock.monotonic();
        let closing = async {
            ours.shutdown().await.unwrap();
            drop(ours);
            clock.monotonic().saturating_sub(began)
        };
        let sending = async {
            if sends {
                theirs.write_all(&[b'x'; 100 * 1024]).await.unwrap();
                // The answer is read although the body was never taken.
                assert_eq!(theirs.read(&mut [0; 8]).await.unwrap(), 0);
                drop(theirs);
                return;
            }
            clock.sleep(Duration::from_secs(60)).await;
        };
        tokio::join!(closing, sending).0
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_nobody_wants_is_taken_to_its_end_and_a_silent_client_not_waited_for() {
        assert!(close(true, true).await < LIMIT);
        assert_eq!(close(false, false).await, Duration::ZERO);
        assert_eq!(close(true, false).await, LIMIT);
    }
}
