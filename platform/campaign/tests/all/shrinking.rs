//! A run that failed is made smaller.

use std::collections::BTreeSet;

use tradewind_campaign::shrink;
use tradewind_sim::{Outcome, Plan, run};

use crate::lamps::{ACTS, LIGHTS, LOOKS, User, plan};

/// The first seed that breaks the promise.
fn failed() -> (Plan, Outcome) {
    let run_of = |seed| (plan(seed), run(&plan(seed), &User::default()).unwrap());
    (1..100).map(run_of).find(|(_, outcome)| !outcome.failures.is_empty()).unwrap()
}

#[test]
fn of_dozens_of_acts_and_faults_those_are_left_that_matter() {
    let (plan, failed) = failed();
    assert_eq!(failed.planned_acts.len(), ACTS as usize);
    assert!(failed.planned_faults.len() >= 20, "{:#?}", failed.planned_faults);
    let mut told = Vec::new();
    let shrunk = shrink(&plan, &failed, &User::default, 400, &mut |now| told.push(now)).unwrap();
    assert!(shrunk.is_least);
    assert_eq!(shrunk.only.acts, Some(BTreeSet::from([LIGHTS, LOOKS])));
    let faults = shrunk.only.faults.clone().unwrap();
    assert_eq!(faults.len(), 1, "{:#?}", shrunk.outcome.planned_faults);
    assert_eq!(shrunk.outcome.failures[0], failed.failures[0]);
    assert_eq!(told.len(), shrunk.runs as usize);
    let last = told.last().unwrap();
    assert_eq!((last.runs, shrunk.outcome.planned_acts.len()), (shrunk.runs, 2));
    // What is left is what the command line can say, and gives the same again.
    let again = run(&Plan { only: shrunk.only.clone(), ..plan }, &User::default()).unwrap();
    assert_eq!((again.trace, again.failures), (shrunk.outcome.trace, shrunk.outcome.failures));
}

#[test]
fn with_few_runs_it_ends_early_and_what_is_left_still_fails() {
    let (plan, failed) = failed();
    for most in [0, 1, 3, 9] {
        let shrunk = shrink(&plan, &failed, &User::default, most, &mut |_| ()).unwrap();
        assert!(shrunk.runs <= most && !shrunk.is_least, "{} of {most}", shrunk.runs);
        assert_eq!(shrunk.outcome.failures[0], failed.failures[0], "after {most} runs");
    }
}
