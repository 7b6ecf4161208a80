//! What reads must and must not show.

use crate::object::Object;
use crate::{Operation, Reads, Report, Rule, Versions, What};

pub(super) fn check(object: &Object<'_>, report: &mut Report) {
    for read in &object.operations {
        if let (What::Read { version }, Some(completed)) = (read.what, read.completed) {
            is_written(object, (read, version, completed), report);
            is_new_enough(object, (read, version), report);
        }
    }
}

fn is_written(object: &Object<'_>, (read, version, completed): (&Operation, u64, u64), report: &mut Report) {
    if object.promises.versions == Versions::Counted {
        return;
    }
    report.examine(Rule::Written, 1);
    if !object.was_begun(version, completed) {
        report.fail(Rule::Written, &[read]);
    }
}

/// Nothing that this reader had to know of is later than what it read; of several, the first that is says so.
fn is_new_enough(object: &Object<'_>, (read, version): (&Operation, u64), report: &mut Report) {
    let mut has_failed = false;
    for (known, known_version) in object.told_before(read.invoked) {
        let Some(rule) = rule(object.promises.reads, read, known) else { continue };
        report.examine(rule, 1);
        if !has_failed && object.is_before(version, known_version) {
            report.fail(rule, &[known, read]);
            has_failed = true;
        }
    }
}

/// By which rule `read` had to know of `known`, if it had to.
fn rule(promised: Reads, read: &Operation, known: &Operation) -> Option<Rule> {
    let (rule, from) = match (read.session == known.session, known.what) {
        (true, What::Read { .. }) => (Rule::MonotonicReads, Reads::Monotonic),
        (true, _) => (Rule::OwnWrites, Reads::OwnWrites),
        (false, _) => (Rule::NewestReads, Reads::Newest),
    };
    (promised >= from).then_some(rule)
}
