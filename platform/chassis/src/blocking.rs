//! Work that keeps a thread busy for long: beside the threads that answer requests, and not too much of it at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tradewind_kernel::Clock;
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::plan::Init;

/// How long who was turned away should wait.
const COME_BACK: Duration = Duration::from_secs(1);

/// Does work that keeps a thread busy for milliseconds, such as the hashing of passwords, on threads of its own. Made by
/// [`Init::blocking`](crate::Init::blocking).
///
/// So much of it is under way at once, so much waits, and the rest is turned away: what asks for memory or a processor
/// for each request must not be had without a bound. In a simulation, and wherever nothing is kept in files, it is done
/// on the calling thread.
#[derive(Clone)]
pub struct Blocking(Arc<Inner>);

struct Inner {
    /// One place for each piece of work under way.
    at_once: Arc<Semaphore>,
    /// One place for each that is under way or waits.
    places: Arc<Semaphore>,
    is_inline: bool,
    clock: Clock,
}

impl Blocking {
    pub(crate) fn new(at_once: usize, waiting: usize, is_inline: bool, clock: Clock) -> Self {
        let (at_once, waiting) = (at_once.clamp(1, Semaphore::MAX_PERMITS / 2), waiting.min(1 << 16));
        Self(Arc::new(Inner {
            at_once: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(at_once + waiting)),
            is_inline,
            clock,
        }))
    }

    /// Does `work` and gives what it gives. Who goes away meanwhile does not end it: it keeps its place until then.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] when too much waits already, or no place was free within `patience`; internal when it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.0.clock.timeout(patience, self.0.at_once.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let held = (place, turn);
        if self.0.is_inline {
            let given = work();
            drop(held);
            return Ok(given);
        }
        #[expect(clippy::disallowed_methods, reason = "this module owns threads for work that blocks")]
        let done = tokio::task::spawn_blocking(move || {
            let given = work();
            drop(held);
            given
        });
        done.await.map_err(|_| Problem::internal("work that blocks panicked"))
    }

    /// Holds a place while `work` goes on: for work that is bounded by what it takes up rather than by the thread that it
    /// keeps, such as a body in memory, or a library that hands what blocks to threads itself.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] when too much waits already, or no place was free within `patience`.
    pub async fn hold<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = T> + Send,
    ) -> Result<T, Problem> {
        let _place = self.0.places.try_acquire().map_err(|_| busy())?;
        let turn = self.0.clock.timeout(patience, self.0.at_once.acquire()).await;
        let _turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        Ok(work.await)
    }
}

impl<C> Init<C> {
    /// A place for work that keeps a thread busy: `at_once` pieces of it are under way at most, and so many wait.
    pub fn blocking(&self, at_once: usize, waiting: usize) -> Blocking {
        Blocking::new(at_once, waiting, self.is_inline, self.clock.clone())
    }
}

fn busy() -> Problem {
    Problem::new(&UNAVAILABLE).detail("Too much is under way already. Try again.").retry_after(COME_BACK)
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blocking({} free)", self.0.at_once.available_permits())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_more_than_may_wait_is_turned_away_and_a_place_comes_free() {
        let blocking = Blocking::new(1, 1, false, Clock::system());
        let (end, ended) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let long = Duration::from_secs(30);
        let first = blocking.run(long, move || {
            begun.send(()).unwrap();
            ended.recv().unwrap();
            1
        });
        let others = async {
            has_begun.await.unwrap();
            // One place to wait is free, and waiting does not last for ever.
            assert_eq!(blocking.run(Duration::ZERO, || 2).await.unwrap_err().code(), "unavailable");
            let mut second = Box::pin(blocking.run(long, || 2));
            let waker = std::task::Waker::noop();
            assert!(second.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
            let refused = blocking.run(long, || 3).await.unwrap_err();
            assert!(refused.wait().is_some());
            end.send(()).unwrap();
            second.await.unwrap()
        };
        let (first, second) = tokio::join!(first, others);
        assert_eq!((first.unwrap(), second), (1, 2));
        assert_eq!(blocking.run(long, || 4).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_place_taken_until_the_work_has_ended() {
        let blocking = Blocking::new(1, 0, false, Clock::system());
        let (end, ended) = mpsc::channel::<()>();
        {
            let mut left = Box::pin(blocking.run(Duration::ZERO, move || ended.recv().unwrap_or_default()));
            let waker = std::task::Waker::noop();
            assert!(left.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        }
        assert!(blocking.run(Duration::ZERO, || ()).await.is_err());
        drop(end);
    }

    #[tokio::test]
    async fn a_place_is_held_as_long_as_the_work_and_shared_with_what_blocks() {
        let blocking = Blocking::new(1, 0, false, Clock::system());
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let mut held = Box::pin(blocking.hold(Duration::from_secs(30), ended));
        let waker = std::task::Waker::noop();
        assert!(held.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        assert!(blocking.hold(Duration::ZERO, async {}).await.is_err());
        assert!(blocking.run(Duration::ZERO, || ()).await.is_err());
        end.send(()).unwrap();
        held.await.unwrap().unwrap();
        assert_eq!(blocking.run(Duration::from_secs(30), || 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_frees_its_place() {
        let blocking = Blocking::new(1, 0, false, Clock::system());
        let lost = blocking.run(Duration::ZERO, || panic!("on purpose")).await;
        assert_eq!(lost.map(|(): ()| ()).unwrap_err().code(), "internal");
        assert!(blocking.run(Duration::from_secs(30), || ()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn inline_it_is_done_at_once_on_the_calling_thread() {
        let clock = Clock::simulated(tradewind_kernel::Timestamp::from_micros(0));
        let blocking = Blocking::new(2, 0, true, clock);
        let here = std::thread::current().id();
        let there = blocking.run(Duration::ZERO, || std::thread::current().id()).await.unwrap();
        assert_eq!(here, there);
    }
}
