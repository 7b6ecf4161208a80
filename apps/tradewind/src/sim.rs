//! `tradewind sim`: the fleet in one thread and in virtual time, under faults that seeds decide.

#[cfg(feature = "mutants")]
mod mutants;

use std::process::ExitCode;

use tradewind_fleet::{Shop, services};
use tradewind_sim::Plan;

use crate::arguments::Sim;

pub(crate) fn run(options: &Sim) -> Result<ExitCode, String> {
    let settings = Shop::settings().map_err(|error| error.to_string())?;
    let plan = Plan { settings, ..Plan::new(services, 1) };
    #[cfg(feature = "mutants")]
    if let Some(hunted) = mutants::run(&options.arguments, &plan) {
        return hunted;
    }
    Ok(tradewind_campaign::command("tradewind sim", options.arguments.clone(), &plan, Shop::new))
}
