//! The command line of Tradewind.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

mod arguments;
mod asyncapi;
mod audit;
mod backup;
mod catalogue;
mod database;
mod describe;
mod doors;
mod health;
mod label;
mod letters;
mod marks;
mod processes;
mod progress;
mod ps;
mod registry;
mod replicas;
mod restart;
mod restore;
mod seed;
mod settings;
mod shop_address;
mod sim;
mod since;
mod table;
mod under_way;
mod up;
mod verify;
mod views;
mod watch;
mod welcome;
mod why;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command() {
        Command::Up(options) if options.processes => processes::run(&options),
        Command::Up(options) => up::run(&options),
        Command::Describe(options) => describe::run(&options),
        Command::Asyncapi(options) => asyncapi::run(&options),
        Command::Seed(options) => seed::run(&options),
        Command::Catalogue(options) => catalogue::run(&options),
        Command::Health(options) => health::run(&options),
        Command::Ps(options) => ps::run(&options),
        Command::Restart(options) => restart::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Db(options) => database::run(&options),
        Command::Letters(options) => letters::run(&options),
        Command::Audit(options) => audit::run(&options),
        Command::Views(options) => views::run(&options),
        Command::Why(options) => why::run(&options),
        Command::Processes(options) => under_way::run(&options),
        Command::Logs(options) => watch::logs(&options),
        Command::Events(options) => watch::events(&options),
        Command::Traces(options) => watch::traces(&options),
        Command::Registry(options) => registry::run(&options),
        Command::Sim(options) => sim::run(&options),
        #[cfg(feature = "fault-points")]
        Command::FaultPoints => tradewind_process::fault::list(),
    };
    match outcome {
        Ok(code) => code,
        Err(message) => {
            eprintln!("tradewind: {message}");
            ExitCode::FAILURE
        }
    }
}
