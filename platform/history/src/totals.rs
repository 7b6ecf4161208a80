//! Totals in which something is missing, or counts twice.

use std::collections::BTreeSet;

use crate::object::Object;
use crate::{Report, Rule, What};

/// The most sums that are kept apart. Beyond that only the least and the greatest are known.
const MAX_SUMS: usize = 10_000;

pub(super) fn check(object: &Object<'_>, report: &mut Report) {
    for found in &object.operations {
        let (What::Total { amount }, Some(completed)) = (found.what, found.completed) else { continue };
        let mut sums = Sums::default();
        let mut additions = 0;
        for addition in &object.operations {
            let What::Add { amount } = addition.what else { continue };
            if addition.invoked > completed {
                continue;
            }
            additions += 1;
            match addition.completed {
                Some(at) if at < found.invoked => sums.add(amount),
                _ => sums.may_add(amount),
            }
        }
        report.examine(Rule::Totals, additions);
        if !sums.holds(amount) {
            let mut shown = vec![*found];
            shown.extend(object.operations.iter().filter(|each| matches!(each.what, What::Add { .. })));
            report.fail(Rule::Totals, &shown);
        }
    }
}

/// What additions can come to, when some of them may count or not.
struct Sums {
    /// All of it, while there are not too many.
    exact: Option<BTreeSet<i64>>,
    least: i64,
    greatest: i64,
}

impl Default for Sums {
    fn default() -> Self {
        Self { exact: Some(BTreeSet::from([0])), least: 0, greatest: 0 }
    }
}

impl Sums {
    fn add(&mut self, amount: i64) {
        self.exact = self.exact.take().map(|sums| sums.into_iter().map(|sum| sum + amount).collect());
        self.least += amount;
        self.greatest += amount;
    }

    fn may_add(&mut self, amount: i64) {
        let both = |sums: BTreeSet<i64>| sums.iter().flat_map(|sum| [*sum, sum + amount]).collect();
        self.exact = self.exact.take().map(both).filter(|sums: &BTreeSet<i64>| sums.len() <= MAX_SUMS);
        self.least += amount.min(0);
        self.greatest += amount.max(0);
    }

    fn holds(&self, amount: i64) -> bool {
        let is_within = (self.least..=self.greatest).contains(&amount);
        is_within && self.exact.as_ref().is_none_or(|sums| sums.contains(&amount))
    }
}
