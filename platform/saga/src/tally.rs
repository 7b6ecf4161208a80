//! What a service counts of its sagas; read by metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::state::State;
use crate::store::Counts;

/// Counts of one saga, all its versions together. Cheap to read; the levels are those of the last look, which is made
/// ten seconds ago at most.
#[derive(Debug, Default)]
pub struct Tally {
    levels: Mutex<BTreeMap<u32, Counts>>,
    stranded: AtomicI64,
    done: AtomicU64,
    undone: AtomicU64,
    failures: AtomicU64,
}

impl Tally {
    fn sum(&self, of: impl Fn(&Counts) -> i64) -> i64 {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner).values().map(of).sum()
    }

    /// Instances that go forward.
    #[must_use]
    pub fn running(&self) -> i64 {
        self.sum(|counts| counts.running)
    }

    /// Instances that are being undone.
    #[must_use]
    pub fn undoing(&self) -> i64 {
        self.sum(|counts| counts.undoing)
    }

    /// Instances whose attempts have failed for a while, or that wait for a signal which must come and does not.
    #[must_use]
    pub fn stuck(&self) -> i64 {
        self.sum(|counts| counts.stuck)
    }

    /// Instances under way of a version that nobody carries any more, or whose steps are others.
    #[must_use]
    pub fn stranded(&self) -> i64 {
        self.stranded.load(Ordering::Relaxed)
    }

    /// Instances that ended with all steps done, since the start.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Instances that ended undone, since the start.
    #[must_use]
    pub fn undone(&self) -> u64 {
        self.undone.load(Ordering::Relaxed)
    }

    /// Attempts at steps and undos that failed, since the start.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(crate) fn set_levels(&self, version: u32, counts: Counts) {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner).insert(version, counts);
    }

    pub(crate) fn set_stranded(&self, count: i64) {
        self.stranded.store(count, Ordering::Relaxed);
    }

    pub(crate) fn add_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_end(&self, state: State) {
        match state {
            State::Done => drop(self.done.fetch_add(1, Ordering::Relaxed)),
            State::Undone => drop(self.undone.fetch_add(1, Ordering::Relaxed)),
            State::Running | State::Undoing => {}
        }
    }
}
