//! Conditional writes that were accepted, though the object was not as expected.

use std::collections::BTreeMap;

use crate::object::Object;
use crate::{Operation, Report, Rule, What};

pub(super) fn check(object: &Object<'_>, report: &mut Report) {
    let mut first: BTreeMap<u64, (&Operation, u64)> = BTreeMap::new();
    for write in &object.operations {
        let What::WriteIf { expected, version } = write.what else { continue };
        if write.completed.is_none() {
            continue;
        }
        report.examine(Rule::Conditions, 1);
        // The object leaves a version once. A write that finds itself done already may be accepted again.
        let (other, other_version) = *first.entry(expected).or_insert((write, version));
        let moved_on = |known: u64| known != version && object.is_before(expected, known);
        if other_version != version {
            report.fail(Rule::Conditions, &[other, write]);
        } else if let Some((known, _)) = object.told_before(write.invoked).find(|(_, known)| moved_on(*known))
        {
            report.fail(Rule::Conditions, &[known, write]);
        }
    }
}
