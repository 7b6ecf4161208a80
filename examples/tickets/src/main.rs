//! Runs the example's fleet under simulated faults: many seeds, and what they came to. `--help` says what it takes.

use std::process::ExitCode;

use tradewind_example_tickets::{Audience, services};
use tradewind_sim::Plan;

fn main() -> ExitCode {
    tradewind_sim::main(&Plan::new(services, 1), Audience::default)
}
