//! What is known while the queue is not consumed.

use std::time::Duration;

use crate::link::BrokerError;

/// How long the broker may be away before the producer's log is followed instead.
const GRACE: Duration = Duration::from_secs(1);

/// The first pause after the queue could not be consumed; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest such pause.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Since when, and when the next attempt is due. Times are by the monotonic clock.
#[derive(Debug)]
pub(super) struct Away {
    since: Duration,
    retry_at: Duration,
    pause: Duration,
    /// The last failure that was told, so that each is told once.
    told: Option<BrokerError>,
}

impl Away {
    pub(super) fn new(now: Duration) -> Self {
        Self { since: now, retry_at: now, pause: FIRST_PAUSE, told: None }
    }

    /// The queue is not consumed any more.
    pub(super) fn begin(&mut self, now: Duration) {
        (self.since, self.retry_at) = (now, now + FIRST_PAUSE);
    }

    /// An attempt failed; tells whether that is news.
    pub(super) fn failed(&mut self, now: Duration, error: &BrokerError) -> bool {
        self.retry_at = now + self.pause;
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        if *error == BrokerError::Away || self.told.as_ref() == Some(error) {
            return false;
        }
        self.told = Some(error.clone());
        true
    }

    /// The queue is consumed.
    pub(super) fn ended(&mut self) {
        (self.pause, self.told) = (FIRST_PAUSE, None);
    }

    /// How long until the next attempt.
    pub(super) fn until_retry(&self, now: Duration) -> Duration {
        self.retry_at.saturating_sub(now)
    }

    /// How long the broker may still be away before the log is followed.
    pub(super) fn grace(&self, now: Duration) -> Duration {
        (self.since + GRACE).saturating_sub(now)
    }
}
