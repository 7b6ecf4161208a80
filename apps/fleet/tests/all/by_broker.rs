//! The fleet under simulated faults, with its events by the broker, which has faults of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use tradewind_fleet::{Shop, services};
use tradewind_sim::{Faults, Outcome, Plan, run};

fn simulated(seed: u64, seconds: u64, faults: Faults) -> Outcome {
    let (length, settings) = (Duration::from_secs(seconds), Shop::settings().unwrap());
    let plan = Plan { length, faults, settings, by_broker: Some(true), ..Plan::new(services, seed) };
    run(&plan, &Shop::new()).unwrap()
}

fn expect_clean(outcome: &Outcome) {
    assert!(outcome.failures.is_empty(), "seed {}: {:#?}", outcome.seed, outcome.failures);
}

#[test]
fn whatever_fails_the_shop_keeps_its_promises() {
    let mut kinds = BTreeSet::new();
    for seed in 1..=50 {
        let outcome = simulated(seed, 15, Faults::default());
        expect_clean(&outcome);
        assert!(outcome.figures["rows examined"] > 0, "seed {seed}: {:?}", outcome.figures);
        kinds.extend(outcome.faults.keys().copied().filter(|kind| kind.starts_with("broker")));
    }
    assert_eq!(kinds.len(), 6, "every kind of fault: {kinds:?}");
}

#[test]
fn the_same_seed_is_the_same_run() {
    let traces = [3, 3].map(|seed| simulated(seed, 15, Faults::default()).trace);
    assert_eq!(traces[0], traces[1]);
}

#[test]
fn without_faults_every_order_is_answered() {
    let outcome = simulated(9, 20, Faults::none());
    expect_clean(&outcome);
    assert_eq!(outcome.figures["orders unanswered"], 0);
    assert!(outcome.figures["orders"] > 10, "{:?}", outcome.figures);
}
