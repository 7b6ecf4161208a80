//! Load, kill and footprint runs on a real process. Each ends by itself and prints one line per figure:
//! name, value, target, PASS or FAIL.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring tool talks to its user and looks at the real clock"
)]

mod figures;
mod footprint;
mod kill_loop;
mod place;
mod process;
mod start;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures a fleet from outside. Build it first: cargo build --release
#[derive(Debug, Parser)]
struct Arguments {
    /// The binary to measure; by default the one beside this program
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Where the run keeps its data; by default a new folder in the system's temporary folder
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Run {
    /// Time to ready on an empty folder and on a restart
    Start {
        /// How often each is measured
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
    /// Memory, processor and statements when idle after many orders
    Footprint {
        /// Orders placed before
        #[arg(long, default_value_t = 10_000)]
        orders: u32,
        /// Seconds of idleness that are measured
        #[arg(long, default_value_t = 60)]
        idle_seconds: u64,
    },
    /// Kills the process under load, again and again; nothing acknowledged may be lost
    KillLoop {
        /// How often it is killed
        #[arg(long, default_value_t = 20)]
        kills: u32,
        /// The signal: KILL, TERM or INT
        #[arg(long, default_value = "KILL")]
        signal: process::Signal,
        /// Orders acknowledged between two kills, at least
        #[arg(long, default_value_t = 20)]
        acknowledged: u32,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(figures) => figures.report(),
        Err(message) => {
            eprintln!("tradewind-load: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<figures::Figures, String> {
    let binary = match arguments.binary {
        Some(binary) => binary,
        None => process::beside_this_program()?,
    };
    let folder = process::Folder::new(arguments.data)?;
    match arguments.run {
        Run::Start { rounds } => start::run(&binary, &folder, rounds).await,
        Run::Footprint { orders, idle_seconds } => {
            footprint::run(&binary, &folder, orders, idle_seconds).await
        }
        Run::KillLoop { kills, signal, acknowledged } => {
            kill_loop::run(&binary, &folder, kill_loop::Options { kills, signal, acknowledged }).await
        }
    }
}
