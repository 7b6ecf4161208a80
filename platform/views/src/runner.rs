//! The loop behind a view: look how far a rebuild is, make the next step, rest.

use std::time::Duration;

use tradewind_db::{DbError, Signal};
use tradewind_kernel::{Context, Principal};

use crate::compare::{Compare, Differences};
use crate::state::TOPIC;
use crate::steps::{Begin, Clear, Judge};
use crate::{Phase, Rebuilt, RunnerOptions, Status, status};

/// The longest wait: the net under a lost wake-up, and on a served engine for what another replica was asked.
const SWEEP: Duration = Duration::from_secs(60);

/// The pause after a step failed.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Rebuilds a view whenever that is asked for, until the returned future is dropped, which is safe at any await: what
/// was under way goes on with the next runner.
///
/// Several runners on one database do no harm: each step is made by whoever comes first.
pub async fn run(view: &'static dyn Rebuilt, options: RunnerOptions) {
    let signal = options.db.signal(TOPIC);
    Runner { view, options, signal }.run().await;
}

struct Runner {
    view: &'static dyn Rebuilt,
    options: RunnerOptions,
    signal: Signal,
}

impl Runner {
    async fn run(mut self) {
        loop {
            self.signal.mark_seen();
            let begun = self.options.clock.monotonic();
            match self.step().await {
                Ok(true) => {
                    let took = self.options.clock.monotonic().saturating_sub(begun);
                    self.rest(took).await;
                }
                Ok(false) => {
                    let changed = self.options.clock.timeout(SWEEP, self.signal.changed());
                    changed.await.unwrap_or_default();
                }
                Err(error) => {
                    let (service, view) = (self.options.service, self.view.outline().name);
                    self.options.tally.add_failure();
                    tracing::error!(service, view, %error, "a rebuild does not get on and tries again");
                    self.options.clock.sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    /// Others get their turn between two steps.
    async fn rest(&self, took: Duration) {
        self.options.clock.sleep(took * self.options.rest).await;
    }

    /// Whether there may be another step to make.
    async fn step(&self) -> Result<bool, DbError> {
        let RunnerOptions { db, tally, batch, .. } = &self.options;
        let Some(status) = status(db, self.view.outline().name).await? else { return Ok(false) };
        let is_rebuilding = !matches!(status.phase, Phase::Live | Phase::Clearing);
        tally.look(is_rebuilding, if is_rebuilding { status.total - status.applied } else { 0 });
        let context = self.context();
        match status.phase {
            Phase::Live | Phase::Differs => return Ok(false),
            Phase::Asked => {
                let (service, view) = (self.options.service, self.view.outline().name);
                tracing::info!(service, view, "a rebuild begins");
                db.write(&context, Begin(self.view)).await?;
            }
            Phase::Filling => tally.add_applied(self.view.fill(db, &context, *batch).await?.events),
            Phase::Filled => self.judge(&context, &status).await?,
            Phase::Clearing => drop(db.write(&context, Clear(self.view)).await?),
        }
        Ok(true)
    }

    async fn judge(&self, context: &Context, status: &Status) -> Result<(), DbError> {
        let Some(found) = self.compare(context, status.rounds).await? else { return Ok(()) };
        let judge = Judge { view: self.view, round: status.rounds, found: found.clone() };
        let Some(judged) = self.options.db.write(context, judge).await? else { return Ok(()) };
        let (service, view) = (self.options.service, self.view.outline().name);
        let Differences { only_live, only_rebuilt, sample } = found;
        let is_swapped = judged.phase == Phase::Clearing;
        self.options.tally.judged(is_swapped, only_live.saturating_add(only_rebuilt));
        let sample = sample.join(", ");
        let applied = judged.applied;
        if is_swapped {
            tracing::info!(
                service,
                view,
                applied,
                only_live,
                only_rebuilt,
                sample,
                "a rebuild is swapped in"
            );
        } else {
            tracing::error!(
                service,
                view,
                only_live,
                only_rebuilt,
                sample,
                "a rebuild differs from the live view and waits: see `tradewind views status`"
            );
        }
        Ok(())
    }

    /// `None` when the rebuild was called off meanwhile.
    async fn compare(&self, context: &Context, round: i64) -> Result<Option<Differences>, DbError> {
        let (view, mut found) = (self.view, Differences::default());
        for table in view.shadow().tables() {
            let mut after = None;
            loop {
                let begun = self.options.clock.monotonic();
                let compare = Compare { view, round, table: *table, after };
                let Some(compared) = self.options.db.read(context, compare).await? else { return Ok(None) };
                after = compared.last.clone();
                found.add(compared);
                if after.is_none() {
                    break;
                }
                self.rest(self.options.clock.monotonic().saturating_sub(begun)).await;
            }
        }
        Ok(Some(found))
    }

    fn context(&self) -> Context {
        let principal = Principal::Service(self.options.service.to_owned());
        Context::begin(principal, &self.options.clock, &self.options.entropy)
    }
}
