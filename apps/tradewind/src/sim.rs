//! `tradewind sim`: the fleet in one thread and in virtual time, under faults that seeds decide.

use std::process::ExitCode;

use tradewind_fleet::{Shop, services};
use tradewind_sim::Plan;

use crate::arguments::Sim;

pub(crate) fn run(options: &Sim) -> ExitCode {
    tradewind_sim::command("tradewind sim", options.arguments.clone(), &Plan::new(services, 1), Shop::new)
}
