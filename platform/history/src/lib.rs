//! What clients did to objects and saw of them, and which promises that breaks.
//!
//! Clients record operations; [`check`] looks at them afterwards, knowing nothing of what the objects are. It is sound,
//! not complete: what it reports cannot happen where the promises hold, whatever was slow, lost or unanswered; and it
//! may miss a broken promise that nobody looked at in the wrong moment. An operation without an answer may have
//! happened, or not, or happen later still. One that was refused did not happen, and is not recorded.
//!
//! The guarantees of sessions are those of D. Terry and others, "Session guarantees for weakly consistent replicated
//! data" (PDIS 1994); the newest read is the part of linearizability that needs no search (M. Herlihy and J. Wing,
//! TOPLAS 12(3), 1990); values that nobody wrote, and lost updates, are G1 and P4 of A. Adya, "Weak consistency"
//! (MIT/LCS/TR-786, 1999). Not checked, because it needs a search over all sequences: that one sequence explains
//! everything that was seen of one object, or of several together.

#![warn(missing_docs)]

mod conditions;
mod events;
mod object;
mod reads;
mod report;
#[cfg(test)]
mod tests;
mod totals;

use std::collections::BTreeMap;

pub use object::{Promises, Reads, Versions};
pub use report::{Breach, Report, Rule};

use object::Object;

/// One thing that a client did to an object, or saw of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The client, or that part of what it does for which guarantees of sessions hold.
    pub session: String,
    /// The object.
    pub object: String,
    /// The moment at which it was asked for: see [`History::moment`].
    pub invoked: u64,
    /// The moment at which the answer arrived; none when it did not.
    pub completed: Option<u64>,
    /// What was done or seen.
    pub what: What,
}

/// What a client did to an object, or saw of it.
///
/// Version 0 is the state before anybody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The object was to have this version, whatever it had before.
    Write {
        /// The version.
        version: u64,
    },
    /// The object was to have this version if it had the expected one. One that finds itself done already may be
    /// accepted again.
    WriteIf {
        /// What it had to have before.
        expected: u64,
        /// What it has afterwards.
        version: u64,
    },
    /// The object had this version.
    Read {
        /// The version.
        version: u64,
    },
    /// So much was to be added; less than nothing takes away.
    Add {
        /// How much.
        amount: i64,
    },
    /// All that was added came to this.
    Total {
        /// How much.
        amount: i64,
    },
    /// A consumer was given an event of the object. Its events count from 1, and are recorded from the first on, in the
    /// order in which they were given.
    Event {
        /// The number of the event among those of the object.
        sequence: u64,
        /// Whether the consumer let it have an effect: one that comes again must have none.
        has_effect: bool,
    },
}

/// Records operations.
#[derive(Debug, Clone, Default)]
pub struct History {
    moment: u64,
    operations: Vec<Operation>,
}

impl History {
    /// A new moment, after all those that were given before: taken right before something is asked for, and right after
    /// it was answered.
    pub fn moment(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    /// Writes down what happened.
    pub fn record(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// Writes down what `session` had asked of `object` at `invoked`, and was answered now.
    pub fn answered(&mut self, session: &str, object: &str, invoked: u64, what: What) {
        let completed = Some(self.moment());
        let (session, object) = (session.to_owned(), object.to_owned());
        self.record(Operation { session, object, invoked, completed, what });
    }

    /// Writes down what `session` had asked of `object` at `invoked`, and got no answer to.
    pub fn unanswered(&mut self, session: &str, object: &str, invoked: u64, what: What) {
        let (session, object) = (session.to_owned(), object.to_owned());
        self.record(Operation { session, object, invoked, completed: None, what });
    }

    /// What was recorded.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

/// Looks for what the objects' promises exclude; `promised` says what an object promises.
pub fn check(operations: &[Operation], promised: impl Fn(&str) -> Promises) -> Report {
    let mut by_object: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        by_object.entry(&operation.object).or_default().push(operation);
    }
    let mut report = Report::default();
    for (name, operations) in by_object {
        let object = Object::new(promised(name), operations);
        reads::check(&object, &mut report);
        conditions::check(&object, &mut report);
        totals::check(&object, &mut report);
        events::check(&object, &mut report);
    }
    report
}
