//! Calls into the fleet, with everything said that a workload need not say.

use std::sync::PoisonError;
use std::time::Duration;

use tradewind_client::{Caller, PhoneBook};
use tradewind_kernel::{Context, Deadline, Principal};

use crate::world::World;

/// How long one call may take, in the time of the run.
const LIMIT: Duration = Duration::from_secs(5);

impl World {
    /// Calls the door `peer` as `client`, who suffers from the network like everybody. Every caller is a process of its
    /// own: its calls have one correlation id, and end five seconds from now at the latest.
    #[must_use]
    pub fn caller(&self, client: &str, peer: &str) -> Caller {
        self.calling(&self.book(client), client, peer)
    }

    /// Calls the door `peer` as one who looks on from outside: at once, and nothing is lost. For what is filled in
    /// before the faults begin, and for judging.
    #[must_use]
    pub fn onlooker(&self, peer: &str) -> Caller {
        self.calling(&self.observer(), "onlooker", peer)
    }

    fn calling(&self, book: &PhoneBook, client: &str, peer: &str) -> Caller {
        let at = self.clock().monotonic();
        let label = format!("{client} calls {peer}");
        let count = self.inner.callers.lock().unwrap_or_else(PoisonError::into_inner).count(at, &label);
        let entropy = self.entropy(&format!("{label} at {} as {count}", at.as_micros()));
        let context = Context::begin(Principal::Anonymous, self.clock(), &entropy);
        let deadline = Deadline::after(self.clock(), LIMIT);
        Caller::new(book.peer(peer), context, deadline, self.clock().clone(), entropy)
    }
}
