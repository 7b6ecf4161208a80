//! Gives a service a process of its own: `fn main() { run(lamps::service()) }`.
//!
//! The process reads its command line, settings and data folder, starts the service on real time, sockets and files,
//! tells where its doors are, and drains when it is asked to stop. It is the same service that runs beside others in
//! one process; where its peers are is in the settings.

#![warn(missing_docs)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever starts it")]

#[cfg(target_env = "musl")]
mod allocator;
mod arguments;
mod background;
#[cfg(feature = "fault-points")]
pub mod fault;
mod link;
mod migrate;
mod occasions;
mod part;
mod rights;
mod serve;
mod settings;
mod stop;
mod succession;
mod unfinished;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Parser;
use tradewind_chassis::{Service, StartError};

use crate::arguments::Arguments;

pub use background::{Asking, Results, background};
pub use link::hand_over;
pub use occasions::{Occasion, until_stopped};
pub use part::Part;
pub use settings::read_settings;
pub use stop::Stop;
pub use succession::{INHERIT, hand_on, inherit, tell_serving};
pub use unfinished::{UNFINISHED, require_finished};

/// The exit status of a process whose settings are wrong: `EX_CONFIG` of sysexits.h. Starting it again mends nothing.
pub const WRONG_SETTINGS: u8 = 78;

/// Runs `service` as this process, until SIGTERM or SIGINT; a second signal ends it at once.
///
/// The exit status is 0 when everything that was accepted was finished, 1 when the start failed or the deadline of the
/// drain came first, 2 when the command line was not understood, [`WRONG_SETTINGS`] when a setting is wrong, and 130
/// when it was asked twice.
pub fn run(service: Service) -> ExitCode {
    let arguments = Arguments::parse();
    let name = service.description().name.clone();
    match serve::run(service, &arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{name}: {}", failure.message);
            ExitCode::from(failure.status)
        }
    }
}

/// Why a process ends without having served.
#[derive(Debug)]
struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    /// A setting is wrong.
    fn of_settings(message: impl Display) -> Self {
        Self { message: message.to_string(), status: WRONG_SETTINGS }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let status = if error.is_of_settings() { WRONG_SETTINGS } else { 1 };
        Self { message: error.to_string(), status }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, status: 1 }
    }
}
