//! What is under way, and goes on while the runner does something itself.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tradewind_db::DbError;
use tradewind_kernel::Id;

/// What became of a flight.
pub(crate) type Landed = (Id, Result<(), DbError>);

/// The flights of a runner. They move only while somebody awaits them here.
#[derive(Default)]
pub(crate) struct Flights {
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
    /// Those that landed while the runner did something else.
    landed: VecDeque<Landed>,
}

impl Flights {
    pub(crate) fn push(&mut self, flight: BoxFuture<'static, Landed>) {
        self.flying.push(flight);
    }

    /// How many there are, with those that landed and were not looked at yet.
    pub(crate) fn len(&self) -> usize {
        self.flying.len() + self.landed.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn clear(&mut self) {
        self.flying.clear();
        self.landed.clear();
    }

    /// The next that landed; `None` when nothing is under way. Dropping it loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Landed> {
        match self.landed.pop_front() {
            Some(landed) => Some(landed),
            None => self.flying.next().await,
        }
    }

    /// Does something beside them. A flight may have the connection, or the place in a queue, that the runner waits
    /// for: were it not awaited meanwhile, both would stand still.
    pub(crate) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(landed) = self.flying.next(), if !self.flying.is_empty() => self.landed.push_back(landed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::Semaphore;
    use tradewind_kernel::{Clock, Timestamp};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_gives_back_what_the_runner_waits_for() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let places = Arc::new(Semaphore::new(1));
        let ours = places.clone().acquire_owned().await.unwrap();
        let mut flights = Flights::default();
        let taken = places.clone();
        flights.push(Box::pin(async move {
            drop(taken.acquire().await.unwrap());
            (Id::from_u128(1), Ok(()))
        }));
        // It stands first in the line; then the place becomes its own, and it does not know yet.
        clock.timeout(Duration::from_secs(1), flights.next()).await.unwrap_err();
        drop(ours);
        let work = flights.beside(places.acquire());
        drop(clock.timeout(Duration::from_secs(1), work).await.expect("the flight goes on").unwrap());
        assert_eq!((flights.len(), flights.next().await), (1, Some((Id::from_u128(1), Ok(())))));
        assert!(flights.is_empty() && flights.next().await.is_none());
    }
}
