//! What a database has done since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the database was opened; take two readings and subtract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that wrote to the log of the engine: one fsync each.
    pub commits: u64,
    /// Works that were committed; divided by `commits` it is the size of the group.
    pub works: u64,
    /// Runs of works that were thrown away: failures, conflicts, and batches run again one by one.
    pub rollbacks: u64,
    /// Statements executed, reading and writing.
    pub statements: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) works: AtomicU64,
    pub(crate) rollbacks: AtomicU64,
    pub(crate) statements: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        Stats {
            commits: self.commits.load(Ordering::Relaxed),
            works: self.works.load(Ordering::Relaxed),
            rollbacks: self.rollbacks.load(Ordering::Relaxed),
            statements: self.statements.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }
}
