//! Load, kill and footprint runs on a real process. Each ends by itself and prints one line per figure:
//! name, value, target, PASS or FAIL.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring tool talks to its user and looks at the real clock"
)]

mod backlog;
mod browse;
mod buyers;
mod client_log;
mod disk;
mod engine;
mod figures;
mod flash_sale;
mod folder;
mod footprint;
mod home;
mod kill_loop;
mod latency;
mod meters;
mod place;
mod process;
mod relay;
mod server;
mod start;
mod throughput;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tradewind_kernel::Entropy;

/// Measures a fleet from outside. Build it first: cargo build --release
#[derive(Debug, Parser)]
struct Arguments {
    /// The binary to measure; by default the one beside this program
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Where the run keeps its data; by default a new folder in the system's temporary folder
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Only what is lost or wrong makes the run fail, not a missed speed, time or size
    #[arg(long)]
    any_speed: bool,
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
        /// Where the services keep their data
        #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
        engine: home::Engine,
    },
    /// Orders per second of clients that order again as soon as their order is open, beside the engine's commits
    Throughput {
        /// Clients
        #[arg(long, default_value_t = 32)]
        clients: u32,
        /// How long is measured
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Everybody wants the same product
        #[arg(long)]
        hot: bool,
        /// Where the services keep their data; a server is measured beside its own benchmark, pgbench
        #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
        engine: home::Engine,
    },
    /// Many buyers at once for few pieces: as many orders open as there are pieces, the others are sold out
    FlashSale {
        /// How often
        #[arg(long, default_value_t = 50)]
        rounds: u32,
        /// Buyers, all at once
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
        buyers: u32,
        /// Pieces there are
        #[arg(long, default_value_t = 100)]
        pieces: u32,
        /// Where the services keep their data
        #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
        engine: home::Engine,
    },
    /// Visitors of the shop's page, as in the performance test of the original shop
    Browse {
        /// Visitors per second
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
        per_second: u32,
        /// How long they come
        #[arg(long, default_value_t = 30)]
        seconds: u32,
    },
    /// Events per second that are relayed to a broker, beside a client that publishes as many messages
    Relay {
        /// Events, and messages
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
        events: u32,
        /// How often each is measured, in turn
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
    },
    /// Time from the return of a commit to the entry of the handler of its event, through the log
    Latency {
        /// Events per second
        #[arg(long, default_value_t = 500)]
        per_second: u32,
        /// How long
        #[arg(long, default_value_t = 20)]
        seconds: u32,
        /// Where the log lies
        #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
        engine: home::Engine,
        /// The events travel by a broker, which the run starts
        #[arg(long)]
        broker: bool,
    },
    /// Events per second that a subscription gets through when it has fallen behind by many
    Backlog {
        /// Events in the log
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
        events: u32,
        /// How many of them are also handled, each with a row of its own
        #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
        handled: u32,
        /// Where the log lies; there is only this one yet
        #[arg(long, value_name = "ENGINE", default_value = "postgres")]
        engine: home::Engine,
    },
    /// Kills the process under load, again and again; nothing acknowledged may be lost
    KillLoop {
        /// How often it is killed
        #[arg(long, default_value_t = 100)]
        kills: u32,
        /// The signal: KILL, TERM or INT
        #[arg(long, default_value = "KILL")]
        signal: process::Signal,
        /// Orders acknowledged between two kills, at least
        #[arg(long, default_value_t = 20)]
        acknowledged: u32,
        /// Repeats the choices of a run that printed this seed; by default a random one
        #[arg(long)]
        seed: Option<u64>,
        /// Cuts the power with each kill: the fleet lives on a disk that forgets what was not synced (Linux;
        /// root or fusermount3)
        #[arg(long, value_name = "LOSS", conflicts_with = "engine", num_args = 0..=1, default_missing_value = "torn")]
        power_loss: Option<kill_loop::PowerLoss>,
        /// Leave out `tradewind verify` at the end
        #[arg(long)]
        no_verify: bool,
        /// Where the services keep their data; a server is among the killed
        #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
        engine: home::Engine,
        /// How many of a hundred kills hit the server, if there is one
        #[arg(long, value_name = "PERCENT", default_value_t = 60)]
        #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
        server_share: u32,
    },
}

/// The exit status when this machine lacks something that the run needs.
const LACKING: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let needs_disk = matches!(arguments.run, Run::KillLoop { power_loss: Some(_), .. });
    if let Some(lacking) = needs_disk.then(disk::Disk::missing).flatten() {
        eprintln!("tradewind-load: --power-loss cannot work here: {lacking}");
        return ExitCode::from(LACKING);
    }
    let any_speed = arguments.any_speed;
    match run(arguments).await {
        Ok(figures) => figures.report(any_speed),
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
    let mut folder = folder::Folder::new(arguments.data)?;
    let outcome = match arguments.run {
        Run::Start { rounds } => start::run(&binary, &folder, rounds).await,
        Run::Footprint { orders, idle_seconds, engine } => {
            footprint::run(&binary, &folder, footprint::Options { orders, idle_seconds, engine }).await
        }
        Run::Throughput { clients, seconds, hot, engine } => {
            let options = throughput::Options { clients, seconds, hot, engine };
            throughput::run(&binary, &folder, options).await
        }
        Run::FlashSale { rounds, buyers, pieces, engine } => {
            let options = flash_sale::Options { rounds, buyers, pieces, engine };
            flash_sale::run(&binary, &folder, options).await
        }
        Run::Browse { per_second, seconds } => {
            browse::run(&binary, &folder, browse::Options { per_second, seconds }).await
        }
        Run::Relay { events, rounds } => relay::run(relay::Options { events, rounds }).await,
        Run::Latency { per_second, seconds, engine, broker } => {
            latency::run(&folder, latency::Options { per_second, seconds, engine, broker }).await
        }
        Run::Backlog { events, handled, engine } => {
            backlog::run(backlog::Options { events, handled, engine }).await
        }
        Run::KillLoop { kills, signal, acknowledged, seed, power_loss, no_verify, engine, server_share } => {
            let seed = seed.unwrap_or_else(|| Entropy::system().below(u64::from(u32::MAX)));
            let verify = !no_verify;
            let options = kill_loop::Options {
                kills,
                signal,
                acknowledged,
                seed,
                power_loss,
                verify,
                engine,
                server_share,
            };
            kill_loop::run(&binary, &folder, options).await
        }
    };
    if !outcome.as_ref().is_ok_and(|figures| !figures.failed()) {
        folder.keep();
    }
    outcome
}
