//! The loop behind a version of a saga: look for what is due, carry it on, wait.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_db::{DbError, Signal};
use tradewind_kernel::{Context, Id, Principal, Timestamp};

use crate::carried::Carried;
use crate::definition::Saga;
use crate::flight::{Flight, Tried};
use crate::flights::{Flights, Landed};
use crate::instances::Instances;
use crate::options::RunnerOptions;
use crate::outline::Outline;
use crate::store;
use crate::turn::{Turn, turn_lease};
use crate::works::Prune;

/// The longest wait: the net under a lost wake-up, and how old the levels of the tally are at most.
const SWEEP: Duration = Duration::from_secs(10);

/// The first pause after the database failed; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause after the database failed.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// How often what has ended for long is removed.
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// Instances removed in one transaction.
const PRUNE_AT_ONCE: u32 = 256;

/// Carries on the instances of a saga, and of the older versions that it carries, until the returned future is
/// dropped, which is safe at any await.
///
/// Of several runners on one database, one carries on the instances of a version, and another goes on when it has said
/// nothing for ten seconds or gave its turn back (see [`tradewind_db::lease::release_all`]). A call that was under way
/// then is made again, under the same key.
///
/// A failure of the database is waited out. What is wrong with the definition is told by [`Saga::check`], before.
pub async fn run<S, D>(saga: Arc<Saga<S, D>>, state: Arc<S>, options: RunnerOptions)
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    tell_of_stranded(&saga.instances(), &options).await;
    join_all(runners(saga, &state, &options, true)).await;
}

/// Says of which instances nobody has the definition. A failure of the database is no reason not to begin.
async fn tell_of_stranded<D: Serialize>(instances: &Instances<D>, options: &RunnerOptions) {
    let stranded = instances.stranded(&options.db).await.unwrap_or_default();
    for (version, shape, count) in stranded {
        let (service, saga) = (options.service, instances.name());
        tracing::error!(
            service,
            saga,
            version,
            shape,
            count,
            "instances are under way whose definition is not here: carry their version on with `still`, with the steps \
             that it had; until then nothing is done for them"
        );
    }
}

impl<S, D> Carried<S> for Saga<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    fn outlines(&self) -> Vec<Outline> {
        Self::outlines(self)
    }

    fn runners(self: Arc<Self>, state: Arc<S>, options: &RunnerOptions) -> Vec<BoxFuture<'static, ()>> {
        runners(self, &state, options, false)
    }
}

fn runners<S, D>(
    saga: Arc<Saga<S, D>>,
    state: &Arc<S>,
    options: &RunnerOptions,
    is_newest: bool,
) -> Vec<BoxFuture<'static, ()>>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let older = saga.older.iter().flat_map(|older| older.clone().runners(state.clone(), options));
    let older: Vec<_> = older.collect();
    let runner = Runner { is_newest, ..Runner::new(saga, state.clone(), options.clone()) };
    std::iter::once(Box::pin(runner.run()) as BoxFuture<'static, ()>).chain(older).collect()
}

struct Runner<S, D> {
    saga: Arc<Saga<S, D>>,
    shape: String,
    state: Arc<S>,
    options: RunnerOptions,
    turn: Turn,
    signal: Signal,
    flights: Flights,
    /// The instances that are under way.
    busy: BTreeSet<Id>,
    /// Those at which the database failed, and until when they rest, by the monotonic clock.
    resting: BTreeMap<Id, Duration>,
    tried: Tried,
    /// Whether it is the version that new instances begin with: it looks after the saga as a whole.
    is_newest: bool,
    /// Whether something happened since the levels of the tally were looked at, and when that was.
    measured: Option<Duration>,
    is_changed: bool,
    pruned: Duration,
}

impl<S, D> Runner<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    fn new(saga: Arc<Saga<S, D>>, state: Arc<S>, options: RunnerOptions) -> Self {
        let (shape, lease) = (saga.outline.shape(), turn_lease(saga.outline.saga, saga.outline.version));
        let turn = Turn::new(lease, &options.holder, &options.db, &options.clock);
        let signal = options.db.signal_of_key(store::TOPIC, saga.outline.saga);
        Self {
            saga,
            shape,
            state,
            turn,
            signal,
            flights: Flights::default(),
            busy: BTreeSet::new(),
            resting: BTreeMap::new(),
            tried: Tried::default(),
            is_newest: false,
            measured: None,
            is_changed: true,
            pruned: options.clock.monotonic(),
            options,
        }
    }

    async fn run(mut self) {
        // What begins from now on began under this token, so that its first attempt is known to be the first. Where
        // another has the turn, or the database is away, the loop finds out.
        let context = self.context();
        drop(self.turn.take(&context).await);
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.follow(&mut pause).await;
            if matches!(error, DbError::Fenced { .. }) {
                self.give_up();
                continue;
            }
            let (service, saga) = (self.options.service, self.saga.outline.saga);
            tracing::warn!(service, saga, %error, "the sagas cannot be read now; it is tried again");
            self.rest(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    async fn follow(&mut self, pause: &mut Duration) -> Result<Infallible, DbError> {
        loop {
            self.signal.mark_seen();
            let limit = u32::try_from(self.saga.at_once * 2 + self.resting.len() + 1).unwrap_or(u32::MAX);
            let look = store::due(&self.options.db, (&self.saga.outline, &self.shape), limit);
            let due = self.flights.beside(look).await?;
            *pause = FIRST_PAUSE;
            let now = self.options.clock.now();
            let next = due.iter().map(|(_, at)| *at).find(|at| *at > now);
            let ready: Vec<Id> = due.iter().filter(|(_, at)| *at <= now).map(|(id, _)| *id).collect();
            self.wake();
            let ready: Vec<Id> = ready.into_iter().filter(|id| self.is_free(id)).collect();
            if !ready.is_empty() && !self.take_turn().await? {
                continue;
            }
            if !ready.is_empty() || !self.flights.is_empty() {
                self.keep_turn().await?;
            }
            self.take_off(ready);
            self.measure().await?;
            self.prune().await?;
            self.wait(next).await?;
        }
    }

    /// Whether an instance is neither under way nor at rest.
    fn is_free(&self, id: &Id) -> bool {
        !self.busy.contains(id) && !self.resting.contains_key(id)
    }

    fn wake(&mut self) {
        let now = self.options.clock.monotonic();
        self.resting.retain(|_, until| *until > now);
    }

    /// Makes sure that the turn is ours; `false` after another had it for as long as we waited.
    async fn take_turn(&mut self) -> Result<bool, DbError> {
        let context = self.context();
        match self.flights.beside(self.turn.take(&context)).await? {
            None => Ok(true),
            Some(held) => {
                self.flights.beside(self.turn.wait(held)).await;
                Ok(false)
            }
        }
    }

    /// Says that the turn is still ours while something is under way, or is about to be.
    async fn keep_turn(&mut self) -> Result<(), DbError> {
        if self.turn.left().is_some_and(|left| left.is_zero()) {
            let context = self.context();
            self.flights.beside(self.turn.renew(&context)).await?;
        }
        Ok(())
    }

    fn take_off(&mut self, ready: Vec<Id>) {
        let Some(pass) = self.turn.pass() else { return };
        let places = self.saga.at_once.saturating_sub(self.flights.len());
        for id in ready.into_iter().take(places) {
            let flight = Flight {
                saga: self.saga.clone(),
                state: self.state.clone(),
                options: self.options.clone(),
                pass: pass.clone(),
                tried: self.tried.clone(),
            };
            self.busy.insert(id);
            self.flights.push(Box::pin(async move { (id, flight.fly(id).await) }));
        }
    }

    /// Waits until something lands, somebody says something, or it is time for something.
    async fn wait(&mut self, next: Option<Timestamp>) -> Result<(), DbError> {
        let (clock, now) = (self.options.clock.clone(), self.options.clock.monotonic());
        let mut pause = next.map_or(SWEEP, |next| next.since(clock.now()).min(SWEEP));
        if let Some(until) = self.resting.values().min() {
            pause = pause.min(until.saturating_sub(now));
        }
        if self.is_changed {
            let measured = self.measured.unwrap_or_default();
            pause = pause.min((measured + SWEEP).saturating_sub(now));
        }
        let is_full = self.flights.len() >= self.saga.at_once;
        if let Some(left) = self.turn.left().filter(|_| !self.flights.is_empty()) {
            // What is due waits for a place.
            pause = if is_full { left } else { pause.min(left) };
        }
        let is_flying = !self.flights.is_empty();
        tokio::select! {
            biased;
            Some(landed) = self.flights.next(), if is_flying => self.land(landed)?,
            () = self.signal.changed(), if !is_full => self.is_changed = true,
            () = clock.sleep(pause) => {}
        }
        Ok(())
    }

    fn land(&mut self, (id, outcome): Landed) -> Result<(), DbError> {
        self.busy.remove(&id);
        self.is_changed = true;
        match outcome {
            Ok(()) => Ok(()),
            Err(error @ DbError::Fenced { .. }) => Err(error),
            Err(error) => {
                let (service, saga) = (self.options.service, self.saga.outline.saga);
                tracing::warn!(service, saga, %id, %error, "an instance cannot go on now and is tried again");
                self.resting.insert(id, self.options.clock.monotonic() + MAX_PAUSE);
                Ok(())
            }
        }
    }

    /// Another has the turn: what is under way here would be in vain. It makes the calls again, under the same keys.
    fn give_up(&mut self) {
        let (service, saga) = (self.options.service, self.saga.outline.saga);
        tracing::info!(service, saga, "another replica carries the instances on");
        self.turn.lost();
        self.flights.clear();
        self.busy.clear();
    }

    /// What is under way goes on meanwhile.
    async fn rest(&mut self, pause: Duration) {
        let clock = self.options.clock.clone();
        let flying = async {
            while let Some(landed) = self.flights.next().await {
                if self.land(landed).is_err() {
                    self.turn.lost();
                }
            }
            pending::<()>().await;
        };
        clock.timeout(pause, flying).await.unwrap_or_default();
    }

    /// Looks at the levels that metrics show, now and then.
    async fn measure(&mut self) -> Result<(), DbError> {
        let now = self.options.clock.monotonic();
        let is_due = self.measured.is_none_or(|measured| now.saturating_sub(measured) >= SWEEP);
        if !self.is_changed || !is_due {
            return Ok(());
        }
        let (db, outline, tally) = (&self.options.db, &self.saga.outline, &self.options.tally);
        let counts = self.flights.beside(store::counts(db, outline, &self.shape)).await?;
        tally.set_levels(outline.version, counts);
        if self.is_newest {
            let instances = self.saga.instances();
            let stranded = self.flights.beside(instances.stranded(db)).await?;
            tally.set_stranded(stranded.iter().map(|(.., count)| count).sum());
        }
        (self.measured, self.is_changed) = (Some(now), false);
        Ok(())
    }

    /// Removes what ended long ago.
    async fn prune(&mut self) -> Result<(), DbError> {
        let clock = &self.options.clock;
        if !self.is_newest || clock.monotonic().saturating_sub(self.pruned) < PRUNE_EVERY {
            return Ok(());
        }
        self.pruned = clock.monotonic();
        let (saga, before) = (self.saga.outline.saga, clock.now().minus(self.saga.keep));
        let prune = Prune { saga, before, limit: PRUNE_AT_ONCE };
        let context = self.context();
        while self.flights.beside(self.options.db.write(&context, prune)).await? == u64::from(PRUNE_AT_ONCE) {
        }
        Ok(())
    }

    fn context(&self) -> Context {
        let principal = Principal::Service(self.options.service.to_owned());
        Context::begin(principal, &self.options.clock, &self.options.entropy)
    }
}
