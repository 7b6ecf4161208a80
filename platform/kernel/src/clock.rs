//! Time as a capability: reading the wall clock, measuring, and waiting all go through [`Clock`].

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::Timestamp;

/// The source of time of one service instance: wall clock, stopwatch and alarm in one.
///
/// Cloning is cheap and gives the same clock. A simulated clock follows the runtime's paused time, so
/// that an hour passes as soon as every task waits.
#[derive(Debug, Clone)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` reads the operating system's wall clock; `Some` adds elapsed time to this start.
    simulated_start: Option<Timestamp>,
    started: Instant,
    skew_micros: AtomicI64,
}

/// The time allowed for an operation ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time allowed ran out")]
pub struct Elapsed;

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::build(None, 0)
    }

    /// A clock that shows `start` now and then follows the runtime's (paused) time.
    ///
    /// Call it inside the runtime whose time it shall follow.
    #[must_use]
    pub fn simulated(start: Timestamp) -> Self {
        Self::build(Some(start), 0)
    }

    /// The same clock with its wall time off by `skew_micros` microseconds; durations are unchanged.
    #[must_use]
    pub fn with_skew(&self, skew_micros: i64) -> Self {
        Self {
            inner: Arc::new(Inner {
                simulated_start: self.inner.simulated_start,
                started: self.inner.started,
                skew_micros: AtomicI64::new(skew_micros),
            }),
        }
    }

    /// Moves the wall time of this clock, and of its clones, by `micros` microseconds: what happens to a machine whose
    /// time is corrected. Durations are unchanged. For simulation.
    pub fn jump(&self, micros: i64) {
        self.inner.skew_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn build(simulated_start: Option<Timestamp>, skew_micros: i64) -> Self {
        let started = Instant::now();
        Self { inner: Arc::new(Inner { simulated_start, started, skew_micros: AtomicI64::new(skew_micros) }) }
    }

    /// The wall clock. For records that people and other services read, never for measuring.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this module owns the wall clock")]
    pub fn now(&self) -> Timestamp {
        let micros = match self.inner.simulated_start {
            Some(start) => start.plus(self.monotonic()).as_micros(),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
            }
        };
        Timestamp::from_micros(micros.saturating_add(self.inner.skew_micros.load(Ordering::Relaxed)))
    }

    /// Time since this clock was made. Never goes back; for measuring and for deadlines.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        self.inner.started.elapsed()
    }

    /// Waits until `duration` has passed.
    #[expect(clippy::disallowed_methods, reason = "this module owns waiting")]
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Runs `future` for at most `limit`, then drops it.
    ///
    /// # Errors
    /// [`Elapsed`] when the limit passed first.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        tokio::time::timeout(limit, future).await.map_err(|_| Elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_simulated_hour_passes_at_once_and_exactly() {
        let start = Timestamp::from_micros(1_000_000);
        let clock = Clock::simulated(start);
        clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.now(), start.plus(Duration::from_secs(3600)));
    }

    #[tokio::test(start_paused = true)]
    async fn skew_moves_the_wall_clock_only() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let skewed = clock.with_skew(-5_000_000);
        assert_eq!(skewed.now(), Timestamp::from_micros(-5_000_000));
        assert_eq!(skewed.monotonic(), clock.monotonic());
    }

    #[tokio::test(start_paused = true)]
    async fn a_jump_moves_the_wall_clock_of_all_clones_and_of_no_other_clock() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let skewed = clock.with_skew(7);
        let clone = skewed.clone();
        skewed.jump(-10);
        assert_eq!((clone.now(), clock.now()), (Timestamp::from_micros(-3), Timestamp::from_micros(0)));
        assert_eq!(clone.monotonic(), clock.monotonic());
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_drops_what_took_too_long() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let never = std::future::pending::<()>();
        assert_eq!(clock.timeout(Duration::from_secs(1), never).await, Err(Elapsed));
        assert_eq!(clock.monotonic(), Duration::from_secs(1));
    }
}
