//! Another attempt, and the pause before it.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crate::attempt::{Attempts, Stopped};
use crate::source::Source;
use crate::timer::now;

/// Pauses do not get longer than this many first ones.
const LONGEST: u32 = 1 << 10;

impl<S: Source + 'static> Attempts<'_, S> {
    /// Whether there may be another attempt. What there is no time for is not begun.
    pub(super) fn may_try_again(&mut self) -> bool {
        if self.count > self.way.retries {
            return false;
        }
        self.pause = self.draw();
        let deadline = self.way.request_timeout.map(|limit| self.asking.began + limit);
        let is_late = deadline.is_some_and(|deadline| now() + self.pause >= deadline);
        !is_late && self.way.cluster.withdraw()
    }

    /// A pause at random, up to twice as long each time: requests that failed together do not come again together.
    fn draw(&self) -> Duration {
        if self.way.backoff.is_zero() {
            return Duration::ZERO;
        }
        let times = 1_u32.checked_shl(self.count.saturating_sub(1)).unwrap_or(LONGEST).min(LONGEST);
        let most = self.way.backoff.saturating_mul(times).as_micros();
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        Duration::from_micros(self.asking.thread.random() % most.max(1))
    }

    /// Waits for as long as was drawn.
    pub(super) async fn rest(&mut self) -> Result<(), Stopped> {
        let pause = std::mem::take(&mut self.pause);
        if pause.is_zero() {
            return Ok(());
        }
        let (timer, gone) = (self.asking.timer, self.asking.gone);
        // What comes of a request that is not whole yet is its body.
        let is_whole = self.is_kept;
        timer.borrow_mut().set(pause);
        poll_fn(|context| {
            if is_whole && gone(context).is_ready() {
                return Poll::Ready(Err(Stopped::Gone));
            }
            timer.borrow_mut().poll(context).map(Ok)
        })
        .await
    }
}
