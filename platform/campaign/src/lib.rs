//! Many simulated runs, and what they are told as.
//!
//! [`main`] is the whole program for a fleet: it runs seeds on all cores, tells of those that fail, and makes the first of
//! them smaller. [`shrink()`] and [`timeline`] are what it does that with.

#![warn(missing_docs)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever starts it")]

mod options;
mod progress;
mod report;
mod runs;
mod shrink;
mod sum;
mod table;
mod target;
pub mod timeline;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use tradewind_sim::{Plan, Workload};

use options::Options;
use report::Report;
use runs::Runs;

pub use shrink::{Shrinking, Shrunk, shrink};

/// The whole of a program that simulates a fleet:
/// `fn main() -> ExitCode { tradewind_campaign::main(&plan, Readers::new) }`.
///
/// It reads its command line, runs many seeds of `plan` on all cores, each with a workload of its own, and tells what
/// they came to; `--help` says what it takes. The exit status is 0 when every run kept every promise, was the same when
/// it was repeated, and reached what was asked for by `--least`, and when 100 runs or more have examined everything that
/// [`Workload::examines`] names; 1 when not, and 2 when the command line was not understood.
pub fn main<W: Workload>(plan: &Plan, workload: impl Fn() -> W + Sync) -> ExitCode {
    let mut arguments = std::env::args_os();
    let name =
        arguments.next().map_or_else(|| "simulate".to_owned(), |name| name.to_string_lossy().into_owned());
    command(&name, arguments, plan, workload)
}

/// The same as a command of another program: `name` is how it is called, such as `lamps sim`, and `arguments` what
/// follows.
pub fn command<W: Workload>(
    name: &str,
    arguments: impl IntoIterator<Item = OsString>,
    plan: &Plan,
    workload: impl Fn() -> W + Sync,
) -> ExitCode {
    let all = std::iter::once(OsString::from(name)).chain(arguments);
    let parsed = Options::command().name("sim").bin_name(name).try_get_matches_from(all);
    let options = match parsed.and_then(|matches| Options::from_arg_matches(&matches)) {
        Ok(options) => options,
        Err(error) => {
            // Nothing can be done when not even that can be printed.
            error.print().unwrap_or_default();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match campaign(name, &options, plan, &workload) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all seeds and tells of them; gives whether everything is as it should be.
fn campaign<W: Workload>(
    name: &str,
    options: &Options,
    plan: &Plan,
    workload: &(dyn Fn() -> W + Sync),
) -> Result<bool, std::io::Error> {
    let runs = Runs::new(options, plan);
    let sum = runs.all(workload)?;
    let report = Report { name, options, plan, workload };
    report.failures(&sum)?;
    let table = table::table(&sum, options, &workload().examines());
    println!("{table}");
    Ok(table.is_passed())
}
