//! One object: what it promises, and what happened to it.

use std::collections::BTreeMap;

use crate::{Operation, What};

/// What an object promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// How its versions follow each other.
    pub versions: Versions,
    /// What who reads it can count on.
    pub reads: Reads,
}

/// How the versions of an object follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// A greater one is later. Several writes may lead to the same, and not every version needs a recorded write.
    Counted,
    /// They have no order of their own: one is before another when its write had been acknowledged before the other's
    /// was asked for. Every version but 0 is recorded as a write.
    Named,
}

/// What who reads an object can count on; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// Nothing: any version that there ever was.
    Any,
    /// A session never goes back: a copy that follows the object.
    Monotonic,
    /// And it sees what it wrote itself.
    OwnWrites,
    /// And nobody sees less than anybody was told before: the object itself.
    Newest,
}

pub(crate) struct Object<'a> {
    pub(crate) promises: Promises,
    pub(crate) operations: Vec<&'a Operation>,
    writes: BTreeMap<u64, Written>,
}

/// When a version was written, of all writes of it.
#[derive(Clone, Copy)]
struct Written {
    first_invoked: u64,
    /// None while one of them was not answered.
    last_completed: Option<u64>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(promises: Promises, operations: Vec<&'a Operation>) -> Self {
        let mut writes: BTreeMap<u64, Written> = BTreeMap::new();
        for operation in &operations {
            let (What::Write { version } | What::WriteIf { version, .. }) = operation.what else { continue };
            let one = Written { first_invoked: operation.invoked, last_completed: operation.completed };
            let all = writes.entry(version).or_insert(one);
            all.first_invoked = all.first_invoked.min(one.first_invoked);
            all.last_completed = all.last_completed.zip(one.last_completed).map(|(a, b)| a.max(b));
        }
        Self { promises, operations, writes }
    }

    /// Whether `version` was certainly over when the object came to `other`.
    pub(crate) fn is_before(&self, version: u64, other: u64) -> bool {
        if self.promises.versions == Versions::Counted {
            return version < other;
        }
        if version == 0 || other == 0 {
            return version == 0 && other != 0;
        }
        let (Some(earlier), Some(later)) = (self.writes.get(&version), self.writes.get(&other)) else {
            return false;
        };
        earlier.last_completed.is_some_and(|completed| completed < later.first_invoked)
    }

    /// Whether somebody had begun to write `version` before `moment`.
    pub(crate) fn was_begun(&self, version: u64, moment: u64) -> bool {
        version == 0 || self.writes.get(&version).is_some_and(|written| written.first_invoked < moment)
    }

    /// What anybody had been told of the object before `moment`, with the version that it had then.
    pub(crate) fn told_before(&self, moment: u64) -> impl Iterator<Item = (&'a Operation, u64)> {
        let told = self.operations.iter().filter(move |each| each.completed.is_some_and(|at| at < moment));
        told.filter_map(|each| version_of(each.what).map(|version| (*each, version)))
    }
}

fn version_of(what: What) -> Option<u64> {
    match what {
        What::Write { version } | What::WriteIf { version, .. } | What::Read { version } => Some(version),
        What::Add { .. } | What::Total { .. } | What::Event { .. } => None,
    }
}
