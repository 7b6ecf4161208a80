//! Events that a consumer was given out of order, with a gap, or twice.

use std::collections::BTreeMap;

use crate::object::Object;
use crate::{Operation, Report, Rule, What};

pub(super) fn check(object: &Object<'_>, report: &mut Report) {
    let mut last: BTreeMap<&str, (u64, Option<&Operation>)> = BTreeMap::new();
    for given in &object.operations {
        let What::Event { sequence, has_effect } = given.what else { continue };
        report.examine(Rule::EventOrder, 1);
        let before = last.entry(&given.session).or_default();
        let fits = if has_effect { sequence == before.0 + 1 } else { sequence <= before.0 };
        if !fits {
            let shown: Vec<&Operation> = before.1.into_iter().chain([*given]).collect();
            report.fail(Rule::EventOrder, &shown);
        }
        // After a failure it goes on from here: one gap is one breach.
        if has_effect {
            *before = (sequence, Some(*given));
        }
    }
}
