//! What a service counts of its views; read by metrics.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// Counts of one view. Cheap to read.
#[derive(Debug, Default)]
pub struct Tally {
    rebuilding: AtomicBool,
    remaining: AtomicI64,
    applied: AtomicU64,
    swaps: AtomicU64,
    differing: AtomicI64,
    failures: AtomicU64,
}

impl Tally {
    /// Whether a rebuild is under way.
    #[must_use]
    pub fn is_rebuilding(&self) -> bool {
        self.rebuilding.load(Ordering::Relaxed)
    }

    /// Events that it has still to apply, about.
    #[must_use]
    pub fn remaining(&self) -> i64 {
        self.remaining.load(Ordering::Relaxed)
    }

    /// Events that rebuilds have applied since the start.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Relaxed)
    }

    /// Rebuilds that were swapped in since the start.
    #[must_use]
    pub fn swaps(&self) -> u64 {
        self.swaps.load(Ordering::Relaxed)
    }

    /// Rows by which the last rebuild differed, both ways.
    #[must_use]
    pub fn differing(&self) -> i64 {
        self.differing.load(Ordering::Relaxed)
    }

    /// Steps that failed since the start; each is made again.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(crate) fn look(&self, is_rebuilding: bool, remaining: i64) {
        self.rebuilding.store(is_rebuilding, Ordering::Relaxed);
        self.remaining.store(remaining.max(0), Ordering::Relaxed);
    }

    pub(crate) fn add_applied(&self, events: u64) {
        self.applied.fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn judged(&self, is_swapped: bool, differing: i64) {
        self.swaps.fetch_add(u64::from(is_swapped), Ordering::Relaxed);
        self.differing.store(differing, Ordering::Relaxed);
    }

    pub(crate) fn add_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}
