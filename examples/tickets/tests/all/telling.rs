//! What is told of a run that failed.

use std::time::Duration;

use tradewind_campaign::shrink;
use tradewind_chassis::Service;
use tradewind_example_tickets::{Audience, Keys, fleet};
use tradewind_sim::{Outcome, Plan, What, run};

fn broken() -> Vec<Service> {
    fleet(Keys::OfThePayment)
}

/// The first seeds that find the planted bug, with everything that happened.
fn failed(count: usize) -> Vec<(Plan, Outcome)> {
    let plan = |seed| Plan { length: Duration::from_secs(30), keeps_all: true, ..Plan::new(broken, seed) };
    let outcome = |seed| (plan(seed), run(&plan(seed), &Audience::default()).unwrap());
    (1..=60).map(outcome).filter(|(_, outcome)| !outcome.failures.is_empty()).take(count).collect()
}

#[test]
fn the_line_of_a_ticket_goes_through_both_services_in_true_time() {
    for (_, outcome) in failed(3) {
        let line = &outcome.failures[0].line;
        for part in ["ticket-changed", "buys a ticket", "> wallets", "/charges", "! fault"] {
            assert!(line.iter().any(|each| each.contains(part)), "{part} is not in {line:#?}");
        }
        assert!(line.is_sorted_by_key(|each| each[..11].to_owned()), "{line:#?}");
        for event in line.iter().filter(|each| each.contains(" announces ")) {
            // Clocks are off, and jump: only a commit at this very time is a true one.
            let is_its_commit = |node: &str| event[12..].starts_with(&format!("{node} announces"));
            let committed = outcome.journal.iter().any(|entry| match &entry.what {
                What::Commit { node, .. } => entry.time() == event[..11] && is_its_commit(node),
                _ => false,
            });
            assert!(committed, "{event}");
        }
    }
}

#[test]
fn what_is_left_of_a_script_is_small_and_breaks_the_same_promise() {
    for (plan, outcome) in failed(2) {
        let shrunk = shrink(&plan, &outcome, &Audience::default, 400, &mut |_| ()).unwrap();
        let (left, all) = (&shrunk.outcome, &outcome);
        let count = |outcome: &Outcome| outcome.planned_faults.len() + outcome.planned_acts.len();
        assert!(shrunk.is_least && 2 * count(left) < count(all), "{} of {}", count(left), count(all));
        assert_eq!(shrunk.outcome.failures[0].what, outcome.failures[0].what);
    }
}
