//! Hints that a backend gives before its answer (`103 Early Hints`, RFC 8297).

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use crate::attempt::{Attempts, Failed};
use crate::exchange::Exchange;
use crate::message::answer_head;
use crate::source::Source;

/// Hints.
pub(super) const EARLY_HINTS: u16 = 103;

/// Shows fields one after the other.
pub(crate) type Shown<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&[u8], &[u8]));

/// A client that takes hints before its answer.
pub(crate) trait Early {
    /// Gives these fields; what is left is to be written.
    fn give(&self, fields: Shown<'_>) -> Vec<u8>;

    /// Writes some of what is left.
    fn poll_write(&self, context: &mut Context<'_>, rest: &[u8]) -> Poll<io::Result<usize>>;

    /// Has it go out.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl<S: Source + 'static> Attempts<'_, S> {
    /// Passes hints on; most go out at once.
    pub(super) async fn hint(&self, exchange: &Exchange<S>) -> Result<(), Failed> {
        let Some(early) = self.asking.early.filter(|_| exchange.may_interrupt()) else { return Ok(()) };
        let rest = early.give(&mut |show| answer_head::hints(exchange.fields(), self.way, show));
        if rest.is_empty() {
            return Ok(());
        }
        let timer = self.asking.timer;
        timer.borrow_mut().set(self.asking.thread.settings.timers.body);
        let mut written = 0;
        poll_fn(|context| {
            if let Poll::Ready(given) = poll_all(early, context, &rest, &mut written) {
                return Poll::Ready(given.map_err(|_| Failed::Gone));
            }
            // Who does not take them takes no answer.
            timer.borrow_mut().poll(context).map(|()| Err(Failed::Gone))
        })
        .await
    }
}

fn poll_all(
    early: &dyn Early,
    context: &mut Context<'_>,
    all: &[u8],
    written: &mut usize,
) -> Poll<io::Result<()>> {
    while let Some(rest) = all.get(*written..).filter(|rest| !rest.is_empty()) {
        *written += ready!(early.poll_write(context, rest))?;
    }
    early.poll_flush(context)
}
