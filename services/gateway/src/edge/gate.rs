//! How many requests may wait for a backend, on one thread, and who is refused first.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::RETRY_AFTER;
use tradewind_data_plane::{Answer, Answered, Outcome};
use tradewind_edge::admission::{Admission, AdmissionSettings, Finished, Priority, Refused};
use tradewind_gateway_api::policy::backend::AdaptiveConcurrency;
use tradewind_gateway_api::policy::retry::Priority as Said;
use tradewind_problem::UNAVAILABLE;

use crate::edge::gate_counts::GateCounts;

/// What may be under way at first, over all threads: a process that follows another one has its load from the first
/// moment, and nothing known yet. What comes in ten milliseconds, as long as a start may hold a thread up, waits for
/// nothing else.
const INITIAL: u32 = 256;

/// Decides which requests go to a backend. None of it is another thread's.
pub(crate) struct Gate {
    admission: RefCell<Admission>,
    /// The last moment that was seen: what is dropped knows none.
    seen: Cell<Duration>,
    counts: Arc<GateCounts>,
}

/// A request that was let through. It counts from when it waits for the backend until it does no longer, however it
/// ends.
pub(crate) struct Place {
    gate: Rc<Gate>,
    is_held: Cell<bool>,
}

impl Gate {
    /// None where a policy wants none.
    pub(crate) fn new(
        policy: &AdaptiveConcurrency,
        threads: u32,
        now: Duration,
        counts: &Arc<GateCounts>,
    ) -> Option<Rc<Self>> {
        let admission = RefCell::new(admission(policy, threads, now)?);
        let gate = Rc::new(Self { admission, seen: Cell::new(now), counts: counts.clone() });
        gate.show();
        Some(gate)
    }

    /// Lets a request through, or refuses it.
    pub(crate) fn ask(self: &Rc<Self>, said: Said, random: u64, now: Duration) -> Result<Place, Box<Answer>> {
        self.seen.set(now);
        match self.admission.borrow_mut().ask(priority(said), random) {
            Ok(()) => Ok(Place { gate: self.clone(), is_held: Cell::new(false) }),
            Err(Refused { retry_after }) => {
                self.counts.shed(said);
                Err(Box::new(too_much(retry_after)))
            }
        }
    }

    /// Whether there is room for what nobody waits for.
    pub(crate) fn has_room_for_copies(&self) -> bool {
        self.admission.borrow().has_room(Priority::Sheddable)
    }

    /// Shows the limit, and what is under way.
    pub(crate) fn show(&self) {
        let admission = self.admission.borrow();
        self.counts.show(admission.limit(), admission.in_flight());
    }
}

impl Place {
    /// All of the request goes to the backend.
    pub(crate) fn sent(&self) {
        if !self.is_held.replace(true) {
            self.gate.admission.borrow_mut().begin();
        }
    }

    /// The answer has begun. How long it goes on, as a stream, a tunnel or for a slow client, says nothing about the
    /// backend.
    pub(crate) fn answered(&self, answered: &Answered) {
        self.end(finished(answered.status, answered.took), answered.at);
    }

    /// There was no answer.
    pub(crate) fn finished(&self, outcome: &Outcome, now: Duration) {
        let is_slow = outcome.reason == Some("upstream-timeout");
        self.end(if is_slow { Finished::Overloaded } else { Finished::Unmeasured }, now);
    }

    fn end(&self, finished: Finished, now: Duration) {
        if self.is_held.replace(false) {
            self.gate.seen.set(now);
            self.gate.admission.borrow_mut().ended(finished, now);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.end(Finished::Unmeasured, self.gate.seen.get());
    }
}

/// What an answer says of the backend that took so long to begin it.
pub(crate) fn finished(status: u16, took: Duration) -> Finished {
    match status {
        503 => Finished::Overloaded,
        200..400 => Finished::Answered(took),
        // Errors are quick, and a changed protocol is another matter.
        _ => Finished::Unmeasured,
    }
}

/// None where a policy wants none. Bounds over all threads are divided among them.
pub(crate) fn admission(policy: &AdaptiveConcurrency, threads: u32, now: Duration) -> Option<Admission> {
    let share = |bound: u32| bound.div_ceil(threads.max(1));
    let settings = AdmissionSettings {
        initial: share(INITIAL),
        least: share(policy.min_limit),
        most: share(policy.max_limit),
        default_percent: 100_u32.saturating_sub(policy.reserve_for_critical_percent),
        ..AdmissionSettings::default()
    };
    policy.enabled.then(|| Admission::new(settings, now))
}

pub(crate) fn priority(said: Said) -> Priority {
    match said {
        Said::Sheddable => Priority::Sheddable,
        Said::Standard => Priority::Default,
        Said::Critical => Priority::Critical,
    }
}

/// RFC 9110 §10.2.3 counts in whole seconds.
pub(crate) fn too_much(retry_after: Duration) -> Answer {
    let seconds = (retry_after + Duration::from_millis(500)).as_secs().max(1);
    let detail = format!("The service behind has as much to do as it can. Try again in {seconds} s.");
    Answer::problem(&UNAVAILABLE, &detail).because("shed").header(RETRY_AFTER, seconds.into())
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
