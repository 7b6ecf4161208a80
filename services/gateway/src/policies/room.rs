//! How many requests may wait for a backend, and who is refused first: as on the data plane, for tasks that may move
//! between threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tradewind_data_plane::Answer;
use tradewind_edge::admission::{Admission, Finished, Priority, Refused};
use tradewind_gateway_api::policy::backend::AdaptiveConcurrency;
use tradewind_gateway_api::policy::retry::Priority as Said;
use tradewind_kernel::Clock;

use crate::edge::gate;

/// Decides which requests go to a backend.
pub(crate) struct Room {
    admission: Mutex<Admission>,
    clock: Clock,
}

/// A request that was let through. It counts from when all of it goes to the backend until its answer begins, or it is
/// dropped.
pub(crate) struct Waiting {
    room: Arc<Room>,
    stage: Mutex<Stage>,
}

#[derive(Clone, Copy)]
enum Stage {
    /// It has not come as a whole.
    Comes,
    /// The backend alone is waited for, since then.
    Waits(Duration),
    Over,
}

impl Room {
    /// None where a policy wants none.
    pub(crate) fn new(policy: &AdaptiveConcurrency, clock: &Clock) -> Option<Arc<Self>> {
        // Whatever thread a request is on, it is counted here.
        let admission = gate::admission(policy, 1, clock.monotonic())?;
        Some(Arc::new(Self { admission: Mutex::new(admission), clock: clock.clone() }))
    }

    /// Lets a request through, or refuses it.
    pub(crate) fn ask(self: &Arc<Self>, said: Said, random: u64) -> Result<Arc<Waiting>, Box<Answer>> {
        match self.admission().ask(gate::priority(said), random) {
            Ok(()) => Ok(Arc::new(Waiting { room: self.clone(), stage: Mutex::new(Stage::Comes) })),
            Err(Refused { retry_after }) => Err(Box::new(gate::too_much(retry_after))),
        }
    }

    /// Whether there is room for what nobody waits for.
    pub(crate) fn has_room_for_copies(&self) -> bool {
        self.admission().has_room(Priority::Sheddable)
    }

    fn admission(&self) -> MutexGuard<'_, Admission> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// All of the request goes to the backend.
    pub(crate) fn sent(&self) {
        let mut stage = self.stage();
        if matches!(*stage, Stage::Comes) {
            *stage = Stage::Waits(self.room.clock.monotonic());
            self.room.admission().begin();
        }
    }

    /// The answer has begun. How long it goes on says nothing about the backend.
    pub(crate) fn answered(&self, status: u16) {
        self.end(|took| gate::finished(status, took));
    }

    /// There was no answer in time.
    pub(crate) fn timed_out(&self) {
        self.end(|_| Finished::Overloaded);
    }

    fn end(&self, finished: impl FnOnce(Duration) -> Finished) {
        let stage = std::mem::replace(&mut *self.stage(), Stage::Over);
        if let Stage::Waits(since) = stage {
            let now = self.room.clock.monotonic();
            self.room.admission().ended(finished(now.saturating_sub(since)), now);
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end(|_| Finished::Unmeasured);
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Timestamp;

    use super::*;

    fn room() -> Arc<Room> {
        Room::new(&AdaptiveConcurrency::default(), &Clock::simulated(Timestamp::from_micros(0))).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_however_a_request_ends() {
        let room = room();
        let limit = room.admission().limit();
        let ask = || room.ask(Said::Critical, 1);
        let waiting: Vec<_> = (0..limit).map(|_| ask().unwrap()).collect();
        assert!(ask().is_ok(), "who sends slowly takes nobody's place");
        // A request that is sent again counts once.
        waiting.iter().chain(&waiting).for_each(|one| one.sent());
        assert_eq!(room.admission().in_flight(), limit);
        let refused = ask().err().unwrap();
        assert_eq!((refused.status(), refused.reason()), (503, "shed"));
        waiting[0].answered(404);
        waiting[1].timed_out();
        waiting[1].answered(200);
        assert_eq!(room.admission().in_flight(), limit - 2);
        drop(waiting);
        assert_eq!(room.admission().in_flight(), 0);
        assert!(ask().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_backend_that_says_it_is_too_much_gets_less() {
        let room = room();
        let at_first = room.admission().limit();
        for _ in 0..3 {
            let waiting: Vec<_> = (0..at_first).filter_map(|_| room.ask(Said::Critical, 1).ok()).collect();
            waiting.iter().for_each(|one| one.sent());
            room.clock.sleep(Duration::from_secs(1)).await;
            waiting.iter().for_each(|one| one.answered(503));
        }
        assert!(room.admission().limit() < at_first, "{} of {at_first}", room.admission().limit());
    }

    #[test]
    fn where_a_policy_wants_none_there_is_none() {
        let policy = AdaptiveConcurrency { enabled: false, ..AdaptiveConcurrency::default() };
        assert!(Room::new(&policy, &Clock::simulated(Timestamp::from_micros(0))).is_none());
    }
}
