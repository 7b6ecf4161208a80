//! Runs the fleet under simulated faults: `--help` says how.

use std::process::ExitCode;

use tradewind_example_tickets::{Audience, services};
use tradewind_sim::Plan;

fn main() -> ExitCode {
    tradewind_campaign::main(&Plan::new(services, 1), Audience::default)
}
