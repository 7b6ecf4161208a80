//! Runs the example's fleet under simulated faults, one seed after the other, and stops at the first that fails.

#![allow(clippy::print_stdout, reason = "a program talks to whoever starts it")]

use std::process::ExitCode;

use tradewind_example_tickets::{Audience, services};
use tradewind_sim::{Plan, run};

fn main() -> Result<ExitCode, std::io::Error> {
    for seed in 1..=100 {
        let outcome = run(&Plan::new(services, seed), &Audience::default())?;
        if !outcome.failures.is_empty() {
            println!("seed {seed}: {:#?}", outcome.failures);
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
