//! The loop of a relay: read, send, confirm, write down, wait.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tradewind_db::{Db, DbError};
use tradewind_kernel::{Clock, Context, Entropy, Principal};

use super::outlet::{Outlet, OutletError};
use super::progress::{Create, Mark, RelayProgress, find};
use crate::fault_points::{RELAY_CONFIRMED, RELAY_SENT};
use crate::turn::{Turn, Whose};
use crate::{Feed, FeedError, LogFeed, Recorded, log};

/// Events read at a time.
const BATCH: u16 = 256;

/// Confirmed events after which that is written down at once. What is confirmed and not written down goes out again
/// after a kill.
const MAX_UNMARKED: u64 = 1_000;

/// How long fewer of them may wait to be written down: a commit costs more than an event.
const MARK_EVERY: Duration = Duration::from_millis(250);

/// The first pause after a failure; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause after failures: what has gathered meanwhile has to flow off soon after the other side is back.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// How long the log is not told again how far the relay has come.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// What a relay needs besides its outlet.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// The relay's name: of its progress, its lease, and as a subscriber of the log. Lower-case letters, digits, `-`.
    pub relay: &'static str,
    /// The service whose log it is.
    pub producer: &'static str,
    /// Who it is among the replicas of the service; see [`RunnerOptions::holder`](crate::RunnerOptions::holder).
    pub holder: String,
    /// The service's database.
    pub db: Db,
    /// The service's clock.
    pub clock: Clock,
    /// The service's randomness.
    pub entropy: Entropy,
    /// Where the relay reports how far it has come.
    pub progress: Arc<RelayProgress>,
}

/// Relays the log until the returned future is dropped, which is safe at any await.
///
/// A new relay begins with what is announced from now on: what is older is in the log, and nobody waits for it here.
/// Of several on one database one relays, under a lease whose fencing token protects the progress; the others take
/// over when it lapses or is given back.
pub async fn relay(mut outlet: Box<dyn Outlet>, options: RelayOptions) {
    let lease = format!("relay/{}", options.relay);
    let turn = Turn::of(lease, &options.holder, &options.db, &options.clock);
    let feed = LogFeed::new(options.producer, options.db.clone());
    let mut relay =
        Relay { options, turn, feed, stored: 0, sent: 0, unmarked: 0, marked_at: Duration::ZERO, told: None };
    let mut pause = FIRST_PAUSE;
    loop {
        let before = relay.options.progress.position();
        let Err(stop) = relay.follow(outlet.as_mut()).await;
        relay.keep_confirmed(outlet.confirmed()).await;
        if relay.options.progress.position() > before {
            pause = FIRST_PAUSE;
        }
        pause = relay.rest(&stop, pause).await;
    }
}

/// Why the loop has to begin again.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Outlet(#[from] OutletError),
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("another replica relays")]
    NotOurs,
}

struct Relay {
    options: RelayOptions,
    turn: Turn,
    feed: LogFeed,
    /// What the database holds.
    stored: i64,
    /// What was handed to the outlet.
    sent: i64,
    /// Events sent since the progress was written down.
    unmarked: u64,
    /// When that was, by the monotonic clock.
    marked_at: Duration,
    /// When the log was told how far we are.
    told: Option<Duration>,
}

impl Relay {
    async fn follow(&mut self, outlet: &mut dyn Outlet) -> Result<Infallible, Stop> {
        self.begin().await?;
        outlet.open().await?;
        loop {
            self.step(outlet).await?;
        }
    }

    /// Goes to the stored position, or to where a new relay begins.
    async fn begin(&mut self) -> Result<(), Stop> {
        let RelayOptions { relay, db, progress, .. } = &self.options;
        let position = match find(db, relay).await? {
            Some(position) => position,
            None => self.create().await?,
        };
        (self.stored, self.sent, self.unmarked) = (position, position, 0);
        progress.move_to(position);
        progress.saw(log::head(db).await?);
        self.report_if_due().await
    }

    async fn create(&self) -> Result<i64, Stop> {
        let RelayOptions { relay, db, .. } = &self.options;
        let position = log::head(db).await?;
        db.write(&self.context(), Create { relay, position }).await?;
        Ok(position)
    }

    async fn step(&mut self, outlet: &mut dyn Outlet) -> Result<(), Stop> {
        let batch = match self.feed.read(self.sent, BATCH).await {
            Err(FeedError::Pruned { horizon, .. }) => return self.begin_behind(horizon).await,
            read => read?,
        };
        let is_whole = batch.len() == usize::from(BATCH);
        if let Some(last) = batch.last().map(|event| event.position) {
            if !self.take_turn(outlet).await? {
                return Ok(());
            }
            let head = if is_whole { log::head(&self.options.db).await? } else { last };
            self.options.progress.saw(head);
            self.send(outlet, batch).await?;
        }
        // Less than was asked for is all there is; a commit since the reading ends the wait at once.
        if is_whole { Ok(()) } else { self.idle(outlet).await }
    }

    async fn send(&mut self, outlet: &mut dyn Outlet, batch: Vec<Recorded>) -> Result<(), Stop> {
        for event in batch {
            let position = event.position;
            outlet.send(event, self.sent).await?;
            RELAY_SENT.pass();
            self.options.progress.add_relayed();
            (self.sent, self.unmarked) = (position, self.unmarked + 1);
        }
        self.mark_if_due(outlet).await
    }

    /// Nothing is to be sent: waits for a commit, and meanwhile for confirmations and the time to write them down.
    async fn idle(&mut self, outlet: &mut dyn Outlet) -> Result<(), Stop> {
        let clock = self.options.clock.clone();
        let patience = clock.monotonic() + self.feed.patience();
        loop {
            let now = clock.monotonic();
            let confirmed = outlet.confirmed().unwrap_or(self.stored);
            let is_marked = confirmed <= self.stored;
            let until = if is_marked { patience } else { patience.min(self.marked_at + MARK_EVERY) };
            let is_waiting = outlet.is_waiting();
            let woken = tokio::select! {
                biased;
                settled = outlet.settle(), if is_waiting => settled.map(|()| false)?,
                waited = clock.timeout(until.saturating_sub(now), self.feed.wait()) => waited.is_ok(),
            };
            self.mark_if_due(outlet).await?;
            self.report_if_due().await?;
            if woken || clock.monotonic() >= patience {
                return Ok(());
            }
        }
    }

    /// What lies between was pruned, because this relay was away for too long. Those who follow the events read them
    /// from the log in any case, as far as it reaches.
    async fn begin_behind(&mut self, horizon: i64) -> Result<(), Stop> {
        let RelayOptions { relay, producer, db, .. } = &self.options;
        tracing::warn!(
            relay,
            producer,
            from = self.sent,
            to = horizon,
            "events were pruned before they were relayed"
        );
        db.write(&self.context(), Create { relay, position: horizon }).await?;
        self.told = None;
        self.begin().await
    }

    /// Makes sure that this replica relays. Gives `false` when another does or did: its progress decides then.
    async fn take_turn(&mut self, outlet: &mut dyn Outlet) -> Result<bool, Stop> {
        let progress = self.options.progress.clone();
        match self.turn.take(&self.context(), false).await? {
            Whose::Still if self.turn.is_stale() => self.mark(outlet.confirmed()).await.map(|()| true),
            Whose::Still => Ok(true),
            Whose::New { .. } => {
                progress.set_active(true);
                // Another may have come further; what was read is read again from there.
                let stored = self.stored;
                self.begin().await?;
                Ok(self.stored == stored)
            }
            Whose::Theirs(held) => {
                progress.set_active(false);
                self.turn.wait(held).await;
                self.begin().await?;
                Ok(false)
            }
        }
    }

    async fn mark_if_due(&mut self, outlet: &mut dyn Outlet) -> Result<(), Stop> {
        let confirmed = outlet.confirmed().unwrap_or(self.stored);
        self.options.progress.move_to(confirmed);
        if confirmed <= self.stored {
            return Ok(());
        }
        let waited = self.options.clock.monotonic().saturating_sub(self.marked_at);
        if waited < MARK_EVERY && self.unmarked < MAX_UNMARKED {
            return Ok(());
        }
        RELAY_CONFIRMED.pass();
        self.mark(outlet.confirmed()).await
    }

    /// Writes down what is confirmed, under the newest token only.
    async fn mark(&mut self, confirmed: Option<i64>) -> Result<(), Stop> {
        let to = confirmed.unwrap_or(self.stored).max(self.stored);
        let pass = self.turn.pass().ok_or(Stop::NotOurs)?;
        let mark = Mark { relay: self.options.relay, from: self.stored, to, pass: pass.clone() };
        self.options.db.write(&self.context(), mark).await?;
        self.turn.passed(&pass);
        (self.stored, self.unmarked, self.marked_at) = (to, 0, self.options.clock.monotonic());
        Ok(())
    }

    /// After a failure of the other side: what it had confirmed need not go out again.
    async fn keep_confirmed(&mut self, confirmed: Option<i64>) {
        if confirmed.is_some_and(|confirmed| confirmed > self.stored)
            && let Err(error) = self.mark(confirmed).await
        {
            tracing::debug!(relay = self.options.relay, %error, "what was confirmed is not written down");
        }
    }

    async fn report_if_due(&mut self) -> Result<(), Stop> {
        let now = self.options.clock.monotonic();
        if self.told.is_some_and(|told| now.saturating_sub(told) < REPORT_EVERY) {
            return Ok(());
        }
        self.report().await
    }

    /// Registers with the log, so that nothing is pruned that was not relayed.
    async fn report(&mut self) -> Result<(), Stop> {
        let context = self.context();
        match self.feed.report(&context, self.options.relay, self.stored).await {
            Err(FeedError::Pruned { .. }) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        self.told = Some(self.options.clock.monotonic());
        Ok(())
    }

    async fn rest(&mut self, stop: &Stop, pause: Duration) -> Duration {
        let RelayOptions { relay, producer, clock, db, progress, .. } = &self.options;
        if matches!(stop, Stop::NotOurs | Stop::Db(DbError::Fenced { .. })) {
            tracing::info!(relay, producer, "the log is relayed by another replica now");
            progress.set_active(false);
            self.turn.lost();
            clock.sleep(FIRST_PAUSE).await;
            return pause;
        }
        let pause = pause.min(MAX_PAUSE);
        progress.add_failure();
        if let Ok(head) = log::head(db).await {
            progress.saw(head);
        }
        let is_outage = matches!(stop, Stop::Outlet(OutletError { is_outage: true, .. }));
        // Whoever keeps the connection tells of an outage once; here it would be told at each attempt.
        if is_outage {
            tracing::debug!(relay, producer, error = %stop, "not relayed; the log keeps it");
        } else {
            tracing::warn!(relay, producer, error = %stop, after = self.stored, "relaying begins again");
        }
        clock.sleep(pause).await;
        pause * 2
    }

    fn context(&self) -> Context {
        let principal = Principal::Service(self.options.producer.to_owned());
        Context::begin(principal, &self.options.clock, &self.options.entropy)
    }
}
