//! How long a connection waits.
//!
//! The data plane is on the machine's clock and no other: under simulation the gateway's door is served by the chassis.

#![allow(clippy::disallowed_methods, reason = "the data plane's clock is here, and there is no other")]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use std::cell::Cell;
use std::time::SystemTime;

use tokio::time::{Instant, Sleep};

/// A moment on the machine's steady clock.
pub(crate) type Moment = Instant;

pub(crate) fn now() -> Moment {
    Instant::now()
}

/// The time of day, without asking for it for each request: the steady clock from a moment at which both were known.
#[derive(Debug)]
pub(crate) struct DayTime {
    start: Moment,
    /// Microseconds since 1970 at `start`.
    at_start: Cell<u64>,
}

impl DayTime {
    /// `start` is one for all threads, so that what they count together is counted from one moment.
    pub(crate) fn new(start: Moment) -> Self {
        let day_time = Self { start, at_start: Cell::new(0) };
        day_time.set();
        day_time
    }

    /// Asks for the time of day; it may have been set meanwhile.
    #[expect(clippy::disallowed_methods, reason = "the data plane is on the machine's clock, see above")]
    pub(crate) fn set(&self) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let since = since.saturating_sub(now().saturating_duration_since(self.start));
        self.at_start.set(u64::try_from(since.as_micros()).unwrap_or(u64::MAX));
    }

    /// The time since the start, and microseconds since 1970.
    pub(crate) fn of(&self, moment: Moment) -> (Duration, u64) {
        let since = moment.saturating_duration_since(self.start);
        let micros = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        (since, self.at_start.get().saturating_add(micros))
    }
}

/// Waits for a future, and not longer than so long.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "the data plane is on the machine's clock, see above")]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The one timer of a connection.
///
/// Each phase has its deadline, and most phases end long before it. So the timer of the runtime is touched only when a
/// deadline is earlier than the one that it is set to; when it goes off too early it is set again.
#[derive(Debug)]
pub(crate) struct Timer {
    sleep: Pin<Box<Sleep>>,
    deadline: Moment,
}

impl Timer {
    pub(crate) fn new(limit: Duration) -> Self {
        let deadline = now() + limit;
        Self { sleep: Box::pin(tokio::time::sleep_until(deadline)), deadline }
    }

    /// From now on the deadline is this far away.
    pub(crate) fn set(&mut self, limit: Duration) {
        self.set_at(now() + limit);
    }

    /// From now on the deadline is this moment.
    pub(crate) fn set_at(&mut self, deadline: Moment) {
        self.deadline = deadline;
        if deadline < self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
        }
    }

    /// Ready once the deadline is over.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(context).is_ready() {
            if now() >= self.deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(self.deadline);
        }
        Poll::Pending
    }
}
