//! What happened in a run: a digest of all of it, and the entries if somebody wants to read them.

mod digest;
mod entry;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tradewind_kernel::Clock;

use digest::Digest;
pub use entry::{Came, Change, Entry, Message, What};

/// How many of the newest entries are kept when nobody asked for all of them.
const NEWEST: usize = 64;

/// Records what happens, in order. Clones are one journal.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    digest: Digest,
    count: u64,
    entries: VecDeque<Entry>,
    keeps_all: bool,
}

impl Journal {
    pub(crate) fn new(clock: Clock, keeps_all: bool) -> Self {
        let state = State { digest: Digest::default(), count: 0, entries: VecDeque::new(), keeps_all };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Writes down that this happened now.
    pub(crate) fn enter(&self, what: What) {
        let entry = Entry { at: self.now(), what };
        let mut state = self.state();
        state.digest.add(&entry);
        state.count += 1;
        if !state.keeps_all && state.entries.len() >= NEWEST {
            state.entries.pop_front();
        }
        state.entries.push_back(entry);
    }

    pub(crate) fn note(&self, text: &str) {
        self.enter(What::Note(text.to_owned()));
    }

    pub(crate) fn node(&self, node: &str, change: Change) {
        self.enter(What::Node { node: node.into(), change });
    }

    /// Writes down what `node` does.
    pub(crate) fn does(&self, node: &str, what: String) {
        self.node(node, Change::Does(what));
    }

    /// The digest of everything so far, and of how many entries.
    pub(crate) fn digest(&self) -> (String, u64) {
        let state = self.state();
        (state.digest.text(), state.count)
    }

    /// The entries so far: all, or the newest.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.state().entries.iter().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
