//! What is known of events that the queue has not brought.

use std::time::Duration;

/// How long a gap is held back for the message that fills it.
const HOLD: Duration = Duration::from_millis(250);

/// Events of a log that are known to exist, and that no message has brought. Times are by the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// The head of the producer's log, as it was last told.
    pub(super) head: i64,
    /// When to ask for it.
    pub(super) look_at: Duration,
    /// Since when something is known to be missing.
    since: Option<Duration>,
    /// It is being read from the log.
    is_fetched: bool,
}

impl Missing {
    /// Nothing is missing.
    pub(super) fn nothing(&mut self) {
        (self.since, self.is_fetched) = (None, false);
    }

    /// Whether what is missing has been waited for.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        let since = *self.since.get_or_insert(now);
        self.is_fetched || now >= since + HOLD
    }

    /// Until when what is missing is waited for.
    pub(super) fn due_at(&mut self, now: Duration) -> Duration {
        *self.since.get_or_insert(now) + HOLD
    }

    /// It is read from the log now; tells whether that begins here.
    pub(super) fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.is_fetched, true)
    }

    /// The log had nothing either: it is waited for again.
    pub(super) fn hold_again(&mut self, now: Duration) {
        (self.since, self.is_fetched) = (Some(now), false);
    }
}
