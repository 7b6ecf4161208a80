//! The script of a run: everything that is planned before it begins.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// The other end when somebody is parted from all others.
pub(crate) const EVERYBODY: &str = "everybody";

/// Something that is to happen at a time.
///
/// What it draws, it draws from randomness of its own, so that leaving out another one does not change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<T> {
    /// Which one, from 1 in the order in which they are planned: acts and faults are counted apart.
    pub number: u32,
    /// When, counted from the beginning of the faults.
    pub at: Duration,
    /// Who does it: the name of a client.
    pub by: String,
    /// What it is.
    pub what: T,
}

impl<T> Planned<T> {
    /// Something that `by` is to do `at` that long after the faults begin. Its number it gets from [`Planned::number`].
    pub fn new(at: Duration, by: impl Into<String>, what: T) -> Self {
        Self { number: 0, at, by: by.into(), what }
    }

    /// Puts all in the order of their times, and numbers them from 1. The acts of a workload are numbered so when they
    /// have been drawn.
    pub fn number(planned: &mut [Self]) {
        planned.sort_by(|a, b| (a.at, &a.by).cmp(&(b.at, &b.by)));
        for (number, each) in (1..).zip(planned) {
            each.number = number;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planned_is_numbered_in_the_order_of_its_times() {
        let planned = |at, by, what| Planned::new(Duration::from_secs(at), by, what);
        let mut all =
            vec![planned(3, "b", 'x'), planned(1, "b", 'y'), planned(3, "a", 'z'), planned(3, "b", 'w')];
        Planned::number(&mut all);
        let seen: Vec<(u32, char)> = all.iter().map(|each| (each.number, each.what)).collect();
        assert_eq!(seen, [(1, 'y'), (2, 'z'), (3, 'x'), (4, 'w')]);
    }
}
