//! How many calls a peer may have under way: one slow peer does not take everything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tradewind_kernel::Clock;

/// So many calls at a time, so many that wait, and not for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkheadOptions {
    /// Calls under way at a time.
    pub calls: usize,
    /// Calls that wait for one of them to end.
    pub queue: usize,
    /// The longest wait; the deadline may be nearer.
    pub wait: Duration,
}

impl Default for BulkheadOptions {
    fn default() -> Self {
        Self { calls: 256, queue: 256, wait: Duration::from_secs(1) }
    }
}

/// Why there was no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The queue was full.
    QueueFull,
    /// No call ended within this wait.
    Waited(Duration),
}

#[derive(Debug)]
pub(crate) struct Bulkhead {
    options: BulkheadOptions,
    room: Semaphore,
    waiting: AtomicUsize,
}

/// Leaves the queue when dropped: a caller may give up at any await.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Bulkhead {
    pub(crate) fn new(options: BulkheadOptions) -> Self {
        let room = Semaphore::new(options.calls.min(Semaphore::MAX_PERMITS));
        Self { options, room, waiting: AtomicUsize::new(0) }
    }

    pub(crate) fn options(&self) -> &BulkheadOptions {
        &self.options
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Room for one call, in the sequence in which it was asked for. Dropping it makes room for the next.
    pub(crate) async fn enter(
        &self,
        clock: &Clock,
        remaining: Duration,
    ) -> Result<SemaphorePermit<'_>, NoRoom> {
        if let Ok(permit) = self.room.try_acquire() {
            return Ok(permit);
        }
        let _place = self.queue().ok_or(NoRoom::QueueFull)?;
        let wait = self.options.wait.min(remaining);
        // The semaphore is never closed, so that only the wait can fail.
        match clock.timeout(wait, self.room.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(NoRoom::Waited(wait)),
        }
    }

    fn queue(&self) -> Option<Place<'_>> {
        let join = |waiting: usize| (waiting < self.options.queue).then_some(waiting + 1);
        let joined = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, join);
        joined.is_ok().then(|| Place(&self.waiting))
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Timestamp;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rig(calls: usize, queue: usize) -> (Bulkhead, Clock) {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        (Bulkhead::new(BulkheadOptions { calls, queue, wait: SECOND }), clock)
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once() {
        let (bulkhead, clock) = rig(1, 1);
        let room = bulkhead.enter(&clock, 10 * SECOND).await.unwrap();
        let (waited, refused) =
            tokio::join!(bulkhead.enter(&clock, 10 * SECOND), bulkhead.enter(&clock, 10 * SECOND));
        assert_eq!(refused.unwrap_err(), NoRoom::QueueFull);
        assert_eq!(waited.unwrap_err(), NoRoom::Waited(SECOND));
        assert_eq!((clock.monotonic(), bulkhead.waiting()), (SECOND, 0));
        drop(room);
        assert!(bulkhead.enter(&clock, SECOND).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_the_deadline() {
        let (bulkhead, clock) = rig(0, 1);
        let limit = Duration::from_millis(30);
        assert_eq!(bulkhead.enter(&clock, limit).await.unwrap_err(), NoRoom::Waited(limit));
        assert_eq!(clock.monotonic(), limit);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_goes_in_by_turns_and_who_leaves_takes_no_place() {
        let (bulkhead, clock) = rig(1, 2);
        let gone = clock.timeout(Duration::ZERO, async {
            let _room = bulkhead.enter(&clock, SECOND).await.unwrap();
            bulkhead.enter(&clock, SECOND).await.map(drop)
        });
        assert!(gone.await.is_err());
        assert_eq!(bulkhead.waiting(), 0);
        let seen = std::sync::Mutex::new(Vec::new());
        let call = |number: u32| {
            let (bulkhead, clock, seen) = (&bulkhead, &clock, &seen);
            async move {
                let _room = bulkhead.enter(clock, SECOND).await.unwrap();
                seen.lock().unwrap().push(number);
                clock.sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::join!(call(1), call(2), call(3));
        assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
        assert_eq!(clock.monotonic(), Duration::from_millis(30));
    }
}
