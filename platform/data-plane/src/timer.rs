//! How long a connection waits.
//!
//! The data plane is on the machine's clock and no other: under simulation the gateway's door is served by the chassis.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// A moment on the machine's steady clock.
pub(crate) type Moment = Instant;

pub(crate) fn now() -> Moment {
    Instant::now()
}

/// Waits for a future, and not longer than so long.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// Waits.
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
