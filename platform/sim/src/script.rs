//! The script of a run: everything that is planned before it begins.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Something that is to happen at a time.
///
/// What it draws, it draws from randomness of its own, so that leaving out another one does not change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<T> {
    /// Which one, from 1: acts and faults are counted apart.
    pub number: u32,
    /// When, counted from the beginning of the faults.
    pub at: Duration,
    /// Who does it: the name of a client.
    pub by: String,
    /// What it is.
    pub what: T,
}

impl<T: fmt::Display> fmt::Display for Planned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.at.as_secs(), self.at.subsec_millis());
        write!(f, "{:>4} {seconds:>4}.{millis:03} {}: {}", self.number, self.by, self.what)
    }
}

/// Which parts of a script are played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The numbers of the faults; all when absent.
    pub faults: Option<BTreeSet<u32>>,
    /// The numbers of the acts; all when absent.
    pub acts: Option<BTreeSet<u32>>,
}

impl Selection {
    pub(crate) fn keep<T>(chosen: Option<&BTreeSet<u32>>, planned: &mut Vec<Planned<T>>) {
        if let Some(chosen) = chosen {
            planned.retain(|each| chosen.contains(&each.number));
        }
    }
}
