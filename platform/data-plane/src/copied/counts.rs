//! What became of copies.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a copy is not whole, or has no answer. Its original is none the worse for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyLost {
    /// As many copies are under way as may be, or their bytes take all the room there is.
    NoRoom,
    /// The mirror has enough to do as it is.
    Overloaded,
    /// The mirror has no instance, or cannot be connected to.
    Unreachable,
    /// The mirror takes the body more slowly than it comes.
    Behind,
    /// The mirror broke off, or what it gave is no answer.
    Failed,
    /// The mirror gave no whole answer in time.
    Late,
    /// The original broke off before it was whole.
    Cut,
}

impl CopyLost {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NoRoom,
        Self::Overloaded,
        Self::Unreachable,
        Self::Behind,
        Self::Failed,
        Self::Late,
        Self::Cut,
    ];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoRoom => "no-room",
            Self::Overloaded => "overloaded",
            Self::Unreachable => "unreachable",
            Self::Behind => "behind",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Cut => "cut",
        }
    }
}

/// Counts of the copies for one mirror. Threads may share them: copies are few beside what is served.
#[derive(Debug, Default)]
pub struct CopyCounts {
    carried: AtomicU64,
    lost: [AtomicU64; CopyLost::ALL.len()],
}

impl CopyCounts {
    pub(crate) fn carried(&self) {
        self.carried.fetch_add(1, Ordering::Relaxed);
    }

    /// One more was lost, or not even begun.
    pub fn lost(&self, why: CopyLost) {
        if let Some(count) = self.lost.get(why as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Copies that the mirror got as a whole and answered.
    #[must_use]
    pub fn count_carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }

    /// Copies that were lost for this reason.
    #[must_use]
    pub fn count_lost(&self, why: CopyLost) -> u64 {
        self.lost.get(why as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_count_of_its_own() {
        let counts = CopyCounts::default();
        for (index, why) in CopyLost::ALL.into_iter().enumerate() {
            (0..=index).for_each(|_| counts.lost(why));
        }
        let found: Vec<u64> = CopyLost::ALL.into_iter().map(|why| counts.count_lost(why)).collect();
        assert_eq!(found, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(counts.count_carried(), 0);
    }
}
