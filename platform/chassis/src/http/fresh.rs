//! Waiting until what a request may not be answered without was handled here.
//!
//! What a service makes in the transaction of its own events is never behind. What it makes of others' events is, a
//! little: a reader who says what it has seen is answered when the service has seen it too.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tradewind_client::headers;
use tradewind_events::Progress;
use tradewind_kernel::{Clock, Deadline, Position};
use tradewind_problem::{INVALID_HEADER, Problem, UNAVAILABLE};

use crate::http::Call;
use crate::metrics::{CounterFamily, Labels, Metrics};

/// The longest wait for what was seen elsewhere; half of what is left until the deadline, if that is less.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// When another try makes sense.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The preference (RFC 7240 §2) of those who would rather have an old answer than none.
const STALE: &str = "stale";

/// How far the subscriptions of a service are.
#[derive(Clone)]
pub(crate) struct Freshness {
    followed: Arc<[(&'static str, Arc<Progress>)]>,
    waits: CounterFamily<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Outcome(&'static str);

impl Labels for Outcome {
    fn names() -> &'static [&'static str] {
        &["outcome"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.0.into()]
    }
}

impl Freshness {
    pub(crate) fn new(followed: Vec<(&'static str, Arc<Progress>)>, metrics: &Metrics) -> Self {
        let waits = metrics.counter_family(
            "http_position_waits_total",
            "Requests that said what their sender has seen, by whether that had to be waited for",
        );
        Self { followed: followed.into(), waits }
    }

    /// Waits until what the sender of `call` has seen was handled here; gives what to say when it was not, to somebody
    /// who prefers that.
    pub(crate) async fn reached(&self, call: &Call) -> Result<Option<String>, Problem> {
        let wanted = headers::position(call.headers()).map_err(|error| {
            let detail = "A header does not hold what it should.";
            Problem::new(&INVALID_HEADER).detail(detail).error(headers::POSITION.as_str(), error.to_string())
        })?;
        let Some(wanted) = wanted else { return Ok(None) };
        let outcome = self.wait(&wanted, call.clock(), call.deadline()).await;
        let behind = self.behind(&wanted);
        let count = |outcome| self.waits.get(&Outcome(outcome)).increment();
        match (behind.is_empty(), outcome) {
            (true, false) => count("none"),
            (true, true) => count("waited"),
            (false, _) if prefers_stale(call) => {
                count("stale");
                return Ok(Some(behind));
            }
            (false, _) => {
                count("refused");
                return Err(Problem::new(&UNAVAILABLE)
                    .detail(format!("What was seen before is not known here yet: {behind}. Try again."))
                    .retry_after(RETRY_AFTER));
            }
        }
        Ok(None)
    }

    /// Whether there was anything to wait for.
    async fn wait(&self, wanted: &Position, clock: &Clock, deadline: Deadline) -> bool {
        let is_behind = !self.behind(wanted).is_empty();
        if is_behind {
            let all = async {
                for (producer, progress) in self.followed.iter() {
                    if let Some(position) = wanted.get(producer) {
                        progress.reached(position).await;
                    }
                }
            };
            let limit = MAX_WAIT.min(deadline.remaining(clock) / 2);
            clock.timeout(limit, all).await.unwrap_or_default();
        }
        is_behind
    }

    /// By how much the subscriptions are behind; empty when they are not.
    fn behind(&self, wanted: &Position) -> String {
        let each = self.followed.iter().filter_map(|(producer, progress)| {
            let missing = wanted.get(producer)?.saturating_sub(progress.position());
            (missing > 0).then(|| format!("{producer}={missing}"))
        });
        each.collect::<Vec<_>>().join(",")
    }
}

fn prefers_stale(call: &Call) -> bool {
    let prefer = call.headers().get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    prefer.flat_map(|text| text.split([',', ';'])).any(|part| part.trim() == STALE)
}
