//! Guards: a look at the bytes of a connection before the HTTP server sees them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tradewind_problem::Problem;

/// Looks at what a client sends before the HTTP server does, and decides what is let through.
pub trait ConnectionGuard: Send {
    /// Takes the bytes that arrived and appends to `released` those that may pass.
    ///
    /// # Errors
    /// The refusal, after which nothing more passes.
    fn feed(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<(), GuardRefusal>;

    /// The number of request heads released so far.
    fn heads(&self) -> u64;
}

/// Why a guard lets nothing more pass.
#[derive(Debug)]
pub struct GuardRefusal {
    /// What the client is told.
    pub problem: Problem,
    /// Whether it can be told: the refusal lies in a head, not within a body that is being read.
    pub answerable: bool,
}

/// Hears of a refusal and gives the problem that the client is told.
pub(crate) type OnRefusal = Arc<dyn Fn(Problem) -> Problem + Send + Sync>;

/// Makes one guard per connection.
pub type GuardFactory = Arc<dyn Fn() -> Box<dyn ConnectionGuard> + Send + Sync>;

/// Stands for the refused head, so that the server behind answers in its turn, after the requests before.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// Bytes read from the socket at a time.
const CHUNK: usize = 8 * 1024;

/// The refusal of a connection, and which request of it stands for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    inner: Arc<Mutex<Option<(u64, Problem)>>>,
}

impl Verdict {
    /// The problem that request number `index` is answered with.
    pub(crate) fn of(&self, index: u64) -> Option<Problem> {
        let verdict = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        verdict.as_ref().filter(|(refused, _)| *refused == index).map(|(_, problem)| problem.clone())
    }

    fn set(&self, index: u64, problem: Problem) {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = Some((index, problem));
    }
}

/// A stream whose incoming bytes pass a guard.
pub(crate) struct Guarded<I> {
    io: I,
    guard: Box<dyn ConnectionGuard>,
    on_refusal: OnRefusal,
    verdict: Verdict,
    chunk: Box<[u8]>,
    released: Vec<u8>,
    given: usize,
    ended: bool,
    refused: bool,
}

impl<I> Guarded<I> {
    pub(crate) fn new(
        io: I,
        guard: Box<dyn ConnectionGuard>,
        on_refusal: OnRefusal,
        verdict: Verdict,
    ) -> Self {
        let chunk = vec![0; CHUNK].into_boxed_slice();
        Self {
            io,
            guard,
            on_refusal,
            verdict,
            chunk,
            released: Vec::new(),
            given: 0,
            ended: false,
            refused: false,
        }
    }

    /// Gives out what was released; `false` when there is nothing.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let waiting = &self.released[self.given..];
        if waiting.is_empty() {
            return false;
        }
        let count = waiting.len().min(buffer.remaining());
        buffer.put_slice(&waiting[..count]);
        self.given += count;
        if self.given == self.released.len() {
            self.released.clear();
            self.given = 0;
        }
        true
    }

    fn refuse(&mut self, refusal: GuardRefusal) -> io::Result<()> {
        self.refused = true;
        let problem = (self.on_refusal)(refusal.problem);
        if !refusal.answerable {
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        self.verdict.set(self.guard.heads(), problem);
        self.released.extend_from_slice(STAND_IN);
        Ok(())
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Guarded<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.give(buffer) || this.ended {
                return Poll::Ready(Ok(()));
            }
            if this.refused {
                // Not an end: the server would drop the answers that are still to come. It closes the
                // connection itself after the stand-in.
                return Poll::Pending;
            }
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.io).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                this.ended = true;
                continue;
            }
            if let Err(refusal) = this.guard.feed(chunk.filled(), &mut this.released) {
                this.refuse(refusal)?;
            }
        }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Guarded<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
