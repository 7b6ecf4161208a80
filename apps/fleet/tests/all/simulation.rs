//! The fleet under simulated faults: a short form of `tradewind sim`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tradewind_fleet::{Shop, services};
use tradewind_history::Rule;
use tradewind_sim::{Faults, Outcome, Plan, run};

fn simulated(seed: u64, seconds: u64, faults: Faults) -> Outcome {
    let (length, settings) = (Duration::from_secs(seconds), Shop::settings().unwrap());
    let plan = Plan { length, faults, settings, ..Plan::new(services, seed) };
    run(&plan, &Shop::new()).unwrap()
}

fn expect_clean(outcome: &Outcome) {
    assert!(outcome.failures.is_empty(), "seed {}: {:#?}", outcome.seed, outcome.failures);
}

/// What every run has to have looked at.
const EVERY_RUN: [&str; 7] = [
    "deliveries judged",
    "mails judged",
    "orders judged",
    "rows examined",
    "promises judged",
    "orders seen",
    "history: events in order",
];

/// What has to have happened in one of several runs.
const SOME_RUN: [&str; 8] = [
    "orders refused",
    "orders called off",
    "orders of others hidden",
    "keys used for something else",
    "offers seen",
    "subscriptions asked",
    "letters looked after",
    "promises judged meanwhile",
];

#[test]
fn whatever_fails_the_shop_keeps_its_promises() {
    let (mut kinds, mut figures) = (BTreeSet::new(), BTreeMap::<&str, u64>::new());
    for seed in 1..=8 {
        let outcome = simulated(seed, 40, Faults::default());
        expect_clean(&outcome);
        kinds.extend(outcome.faults.keys().copied());
        for what in EVERY_RUN {
            assert!(outcome.figures[what] > 0, "seed {seed}: {what}: {:?}", outcome.figures);
        }
        assert!(outcome.figures["orders judged"] >= 40, "seed {seed}: {:?}", outcome.figures);
        outcome.figures.iter().for_each(|(what, count)| *figures.entry(what).or_default() += count);
    }
    assert!(kinds.len() >= 11, "every kind of fault: {kinds:?}");
    // A rule that was asked nothing has shown nothing.
    for what in Rule::ALL.map(Rule::name).into_iter().chain(SOME_RUN) {
        assert!(figures.get(what).is_some_and(|count| *count > 0), "{what}: {figures:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_run_and_another_is_another() {
    let traces: Vec<(String, u64)> = [3, 3, 4]
        .into_iter()
        .map(|seed| {
            let outcome = simulated(seed, 15, Faults::default());
            (outcome.trace, outcome.entries)
        })
        .collect();
    assert_eq!(traces[0], traces[1]);
    assert_ne!(traces[0], traces[2]);
}

#[test]
fn without_faults_every_order_is_answered() {
    let outcome = simulated(9, 20, Faults::none());
    expect_clean(&outcome);
    assert_eq!(outcome.figures["orders unanswered"], 0);
    assert!(outcome.figures["orders"] > 10, "{:?}", outcome.figures);
    assert_eq!(outcome.faults.len(), 0);
}

/// A process that was to fall at a commit fell long after the faults were over.
#[test]
fn seed_121() {
    expect_clean(&simulated(121, 60, Faults::default()));
}

/// Copies of events that were passed already filled the prefetch of a subscription, because nobody acknowledged them
/// while it waited for a new one, which then did not come.
#[test]
fn seed_286() {
    let plan = Plan { settings: Shop::settings().unwrap(), ..Plan::new(services, 286) };
    expect_clean(&run(&plan, &Shop::new()).unwrap());
}
