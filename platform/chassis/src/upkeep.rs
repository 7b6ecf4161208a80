//! Removing what is past its time: in portions, so that others get their turn between two of them.

use std::borrow::Cow;
use std::time::Duration;

use tradewind_client::BoxFuture;
use tradewind_db::{Db, DbError, Work};
use tradewind_events::{Prune, Pruned, Subscriber};
use tradewind_kernel::{Clock, Context, Entropy, Principal};

use crate::host::EventSettings;
use crate::http;
use crate::instance::Repeater;
use crate::metrics::{Counter, Gauge, GaugeFamily, Labels, Metrics};

/// The longest pause between two runs.
const LONGEST: Duration = Duration::from_secs(600);

/// The shortest pause between two runs.
const SHORTEST: Duration = Duration::from_secs(10);

/// What the upkeep of a service's database needs.
#[derive(Debug, Clone)]
pub(crate) struct Upkeep {
    pub(crate) service: &'static str,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
}

impl Upkeep {
    /// Removes answers to idempotency keys past their time.
    pub(crate) fn answers(self) -> Repeater {
        let run = move || -> BoxFuture<'static, Duration> {
            let upkeep = self.clone();
            Box::pin(async move {
                upkeep
                    .in_portions("old answers", http::prune, |removed| {
                        *removed == u64::from(http::PRUNE_LIMIT)
                    })
                    .await;
                LONGEST
            })
        };
        Repeater { name: "prune-idempotency", first: LONGEST, run: Box::new(run) }
    }

    /// Removes events that nobody needs any more, and forgets subscribers that were silent for too long.
    pub(crate) fn events(self, settings: EventSettings, metrics: &Metrics) -> Repeater {
        let every = (settings.retention / 10).clamp(SHORTEST, LONGEST);
        let prune = Prune { keep: settings.retention, forget_after: settings.forget_subscriber_after };
        let seen = Seen::new(metrics);
        let run = move || -> BoxFuture<'static, Duration> {
            let (upkeep, seen) = (self.clone(), seen.clone());
            Box::pin(async move {
                let pruned = |pruned: &Pruned| {
                    seen.count(pruned);
                    pruned.forgotten.iter().for_each(|each| upkeep.tell_of(each));
                    pruned.is_full
                };
                let last = upkeep.in_portions("old events", || prune, pruned).await;
                if let (Some(last), Ok(head)) = (last, tradewind_events::head(&upkeep.db).await) {
                    seen.measure(&last.subscribers, head);
                }
                every
            })
        };
        Repeater { name: "prune-events", first: every, run: Box::new(run) }
    }

    /// Runs a work until it has removed all there is; gives what the last run said.
    async fn in_portions<W: Work<Error = DbError>>(
        &self,
        what: &str,
        work: impl Fn() -> W,
        is_full: impl Fn(&W::Output) -> bool,
    ) -> Option<W::Output> {
        let principal = Principal::Service(self.service.to_owned());
        let context = Context::begin(principal, &self.clock, &self.entropy);
        loop {
            match self.db.write(&context, work()).await {
                Ok(done) if is_full(&done) => {}
                Ok(done) => return Some(done),
                Err(error) => {
                    tracing::warn!(service = self.service, %error, "{what} could not be removed");
                    return None;
                }
            }
        }
    }

    fn tell_of(&self, forgotten: &Subscriber) {
        tracing::error!(
            service = self.service,
            subscriber = forgotten.name,
            position = forgotten.position,
            reported_at = %forgotten.reported_at,
            "a subscriber has been silent for too long and is forgotten; events that it has not handled are removed. \
             If it is still wanted, start it soon, and raise events.forget_subscriber_after"
        );
    }
}

/// What is told of the pruning.
#[derive(Clone)]
struct Seen {
    pruned: Counter,
    forgotten: Counter,
    horizon: Gauge,
    lag: GaugeFamily<OfSubscriber>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OfSubscriber(String);

impl Labels for OfSubscriber {
    fn names() -> &'static [&'static str] {
        &["subscriber"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.0.clone().into()]
    }
}

impl Seen {
    fn new(metrics: &Metrics) -> Self {
        Self {
            pruned: metrics.counter("event_log_pruned_total", "Events removed from the log"),
            forgotten: metrics.counter(
                "event_subscribers_forgotten_total",
                "Subscribers forgotten because they held back pruning in silence",
            ),
            horizon: metrics.gauge("event_log_horizon", "Position of the last event removed from the log"),
            lag: metrics.gauge_family(
                "event_subscriber_lag",
                "Positions of the log that the subscriber has not reported as passed",
            ),
        }
    }

    fn count(&self, pruned: &Pruned) {
        self.pruned.add(pruned.events);
        self.forgotten.add(pruned.forgotten.len() as u64);
        self.horizon.set(pruned.horizon);
        pruned.forgotten.iter().for_each(|each| self.lag.get(&OfSubscriber(each.name.clone())).set(0));
    }

    fn measure(&self, subscribers: &[Subscriber], head: i64) {
        for each in subscribers {
            self.lag.get(&OfSubscriber(each.name.clone())).set(head.saturating_sub(each.position).max(0));
        }
    }
}
