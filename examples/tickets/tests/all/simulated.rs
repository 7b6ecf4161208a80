//! The bug is found, and what mends it is clean.

use std::time::Duration;

use tradewind_chassis::Service;
use tradewind_example_tickets::{Audience, Keys, fleet};
use tradewind_sim::{Outcome, Plan, run};

/// What the planted bug breaks.
const PROMISE: &str = "a ticket is charged once if it is paid, and never if it is refused";

fn broken() -> Vec<Service> {
    fleet(Keys::OfThePayment)
}

fn mended() -> Vec<Service> {
    fleet(Keys::OfTheTicket)
}

fn simulated(services: fn() -> Vec<Service>, seed: u64) -> Outcome {
    let plan = Plan { length: Duration::from_secs(30), ..Plan::new(services, seed) };
    run(&plan, &Audience::default()).unwrap()
}

#[test]
fn the_planted_bug_is_found_and_nothing_else() {
    let mut seeds = Vec::new();
    for seed in 1..=20 {
        let outcome = simulated(broken, seed);
        assert!(outcome.failures.iter().all(|failure| failure.what == PROMISE), "{:#?}", outcome.failures);
        seeds.extend((!outcome.failures.is_empty()).then_some(seed));
    }
    assert!(seeds.len() > 1, "{seeds:?}");
}

#[test]
fn what_mends_it_is_clean() {
    for seed in 1..=20 {
        let outcome = simulated(mended, seed);
        assert_eq!(outcome.failures, [], "seed {seed}");
        assert!(outcome.figures["tickets asked for"] > 5, "{:?}", outcome.figures);
    }
}

#[test]
fn a_seed_is_a_run() {
    let traces = [7, 7, 8].map(|seed| simulated(broken, seed).trace);
    assert_eq!(traces[0], traces[1]);
    assert_ne!(traces[0], traces[2]);
}
