//! The feed of a producer in another process: its log, read through its internal door.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tradewind_client::{Caller, Peer};
use tradewind_events::{Feed, FeedError, Horizon, Recorded};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{EVENTS_PRUNED, Problem};

use crate::subscribers::Reached;

/// How long one question may take, its wait for the first event included.
const LIMIT: Duration = Duration::from_secs(20);

/// How long the producer is asked to wait for an event before it says that there is none.
const LONG_POLL: Duration = Duration::from_secs(8);

/// The pause after the producer said early that there is nothing, as one does that is about to stop.
const EARLY: Duration = Duration::from_millis(100);

/// Events fetched at a time.
const PAGE: u16 = 256;

/// The greatest page that is read, in bytes.
const MAX_PAGE_BYTES: usize = 64 * 1024 * 1024;

/// Reads the log of a producer by HTTP. What a long poll brought is kept until it is read.
pub(crate) struct FarFeed {
    producer: &'static str,
    consumer: &'static str,
    peer: Peer,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
    /// Events after `after`, fetched and not read yet.
    fetched: VecDeque<Recorded>,
    /// The position of the last event that was read.
    after: i64,
}

#[derive(Deserialize)]
struct Head {
    position: i64,
}

impl FarFeed {
    /// The feed of `producer` behind `peer`, for `consumer`.
    pub(crate) fn new(
        producer: &'static str,
        consumer: &'static str,
        peer: Peer,
        secret: Secret,
        (clock, entropy): (Clock, Entropy),
    ) -> Self {
        Self { producer, consumer, peer, secret, clock, entropy, fetched: VecDeque::new(), after: 0 }
    }

    fn caller(&self) -> Caller {
        let context =
            Context::begin(Principal::Service(self.consumer.to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        Caller::new(self.peer.clone(), context, deadline, clock, entropy).bearer(self.secret.clone())
    }

    /// Asks once. No policy stands in the way: a subscription has a pace of its own and waits longer each time.
    async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        let body = self.caller().stream(path).await?;
        let reading = self.clock.timeout(LIMIT, body.collect(MAX_PAGE_BYTES)).await;
        let bytes = reading.map_err(|_| Problem::internal("the answer did not end in time"))?;
        let bytes = bytes.map_err(Problem::internal)?;
        serde_json::from_slice(&bytes).map_err(Problem::internal)
    }

    async fn fetch(&mut self, wait: Duration) -> Result<(), FeedError> {
        let (after, wait) = (self.after, wait.as_millis());
        let asked = self.ask(&format!("/events?after={after}&limit={PAGE}&waitMs={wait}")).await;
        match asked {
            Ok(events) => self.fetched = events,
            Err(problem) => return Err(self.failed(problem).await),
        }
        Ok(())
    }

    async fn failed(&self, problem: Problem) -> FeedError {
        if !problem.is(&EVENTS_PRUNED) {
            return FeedError::Unreadable(format!("{}: {problem}", self.producer));
        }
        match self.ask::<Horizon>("/events/horizon").await {
            Ok(horizon) => FeedError::Pruned {
                producer: self.producer.to_owned(),
                position: self.after,
                horizon: horizon.position,
            },
            Err(problem) => FeedError::Unreadable(format!("{}: {problem}", self.producer)),
        }
    }

    /// Goes to a position; what was fetched after another one is of no use then.
    fn go_to(&mut self, position: i64) {
        if self.after != position {
            self.after = position;
            self.fetched.clear();
        }
    }
}

impl Feed for FarFeed {
    fn read(
        &mut self,
        position: i64,
        limit: u16,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Recorded>, FeedError>> + Send + '_>> {
        Box::pin(async move {
            self.go_to(position);
            if self.fetched.is_empty() {
                self.fetch(Duration::ZERO).await?;
            }
            let count = self.fetched.len().min(usize::from(limit));
            let events: Vec<Recorded> = self.fetched.drain(..count).collect();
            self.after = events.last().map_or(position, |last| last.position);
            Ok(events)
        })
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while self.fetched.is_empty() {
                let asked = self.clock.monotonic();
                if self.fetch(LONG_POLL).await.is_err() {
                    // The next read meets it as well, and says so.
                    return;
                }
                let took = self.clock.monotonic().saturating_sub(asked);
                if self.fetched.is_empty() && took < EARLY {
                    self.clock.sleep(EARLY).await;
                }
            }
        })
    }

    fn patience(&self) -> Duration {
        // Each question of a long poll is a look of its own.
        Duration::from_secs(600)
    }

    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>> {
        Box::pin(async move {
            match self.ask::<Head>("/evidence/head").await {
                Ok(head) => Ok(head.position),
                Err(problem) => Err(self.failed(problem).await),
            }
        })
    }

    fn horizon(&mut self) -> Pin<Box<dyn Future<Output = Result<Horizon, FeedError>> + Send + '_>> {
        Box::pin(async move {
            match self.ask("/events/horizon").await {
                Ok(horizon) => Ok(horizon),
                Err(problem) => Err(self.failed(problem).await),
            }
        })
    }

    fn report<'a>(
        &'a mut self,
        context: &'a Context,
        subscriber: &'a str,
        position: i64,
    ) -> Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send + 'a>> {
        Box::pin(async move {
            let deadline = Deadline::after(&self.clock, LIMIT);
            let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
            let caller = Caller::new(self.peer.clone(), context.clone(), deadline, clock, entropy)
                .bearer(self.secret.clone());
            let path = format!("/events/subscribers/{subscriber}");
            let told: Result<(), Problem> = caller.send(Method::PUT, &path, &Reached { position }).await;
            match told {
                Ok(()) => Ok(()),
                Err(problem) => {
                    let FeedError::Pruned { producer, horizon, .. } = self.failed(problem.clone()).await
                    else {
                        return Err(FeedError::Unreadable(format!("{}: {problem}", self.producer)));
                    };
                    Err(FeedError::Pruned { producer, position, horizon })
                }
            }
        })
    }
}
