//! A disk that forgets what was not synced: the model of it, and the file system through which a process
//! meets it.

mod content;
#[cfg(target_os = "linux")]
mod fuse;
#[cfg(target_os = "linux")]
mod mount;
#[cfg(not(target_os = "linux"))]
#[path = "nowhere.rs"]
mod mount;
mod tree;

pub(crate) use mount::Disk;

use tradewind_kernel::Entropy;

/// How much of what was not synced a power cut takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Loss<'a> {
    /// Everything.
    All,
    /// Each page, each length and the end of each folder's changes, by the toss of a coin: a disk writes in
    /// the order that suits it, and stops in the middle.
    Torn(&'a Entropy),
}

/// The same, as it is chosen on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PowerLoss {
    /// Everything
    All,
    /// Each page by the toss of a coin
    Torn,
}

impl Loss<'_> {
    /// Whether one unsynced thing is on the disk nevertheless.
    fn spares(self) -> bool {
        match self {
            Self::All => false,
            Self::Torn(entropy) => entropy.below(2) == 1,
        }
    }

    /// How many of `changes` that follow each other are on the disk.
    fn spares_of(self, changes: usize) -> usize {
        match self {
            Self::All => 0,
            Self::Torn(entropy) => {
                let changes = u64::try_from(changes).unwrap_or(u64::MAX - 1);
                usize::try_from(entropy.below(changes + 1)).unwrap_or(0)
            }
        }
    }
}

/// What a power cut met.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Pages that were written and not synced, and are gone.
    pub(crate) pages: u32,
    /// Those that were on the disk nevertheless.
    pub(crate) spared: u32,
    /// Names made, moved or removed in folders that were not synced, and are as before.
    pub(crate) names: u32,
}

impl std::ops::AddAssign for Lost {
    fn add_assign(&mut self, other: Self) {
        self.pages += other.pages;
        self.spared += other.spared;
        self.names += other.names;
    }
}
