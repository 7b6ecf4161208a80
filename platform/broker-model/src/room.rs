//! What the broker is in while it is tested.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tradewind_chassis::Scope;
use tradewind_kernel::Clock;

use crate::{Surroundings, Task};

/// Surroundings in which everybody reaches everybody. Clones are one.
#[derive(Clone)]
pub(crate) struct Room {
    clock: Clock,
    scope: Scope,
    lives: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Room {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, scope: Scope::new("room"), lives: Arc::default() }
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn begin(&self, node: &str, life: u32) {
        self.lives.lock().unwrap().insert(node.to_owned(), life);
    }

    pub(crate) fn end(&self, node: &str) {
        self.lives.lock().unwrap().remove(node);
    }
}

impl Surroundings for Room {
    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn spawn(&self, task: Task) {
        self.scope.spawn("broker", task);
    }

    fn is_alive(&self, node: &str, life: u32) -> bool {
        self.lives.lock().unwrap().get(node) == Some(&life)
    }

    fn is_parted(&self, _: &str, _: &str) -> bool {
        false
    }

    fn note(&self, _: &str) {}

    fn does(&self, _: String) {}
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").finish_non_exhaustive()
    }
}
