//! Load, kill and footprint runs on a real process. Each ends by itself and prints one line per figure:
//! name, value, target, PASS or FAIL.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring tool talks to its user and looks at the real clock"
)]

mod arguments;
mod backlog;
mod broker_outage;
mod browse;
mod buyers;
mod card_orders;
mod catalogue;
mod checkout;
mod client_log;
mod disk;
mod engine;
mod figures;
mod flash_sale;
mod fleet_kills;
mod folder;
mod footprint;
mod freshness;
mod home;
mod judge;
mod kill_loop;
mod latency;
mod memory;
mod meters;
mod pages;
mod parts;
mod place;
mod process;
mod races;
mod rebuild;
mod relay;
mod replica_kill;
mod rig;
mod rolling_restart;
mod server;
mod servers;
mod setup;
mod start;
mod throughput;
mod traffic;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tradewind_kernel::Entropy;

use arguments::{Arguments, Run};

/// The exit status when this machine lacks something that the run needs.
const LACKING: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let needs_disk = matches!(arguments.run, Run::KillLoop(arguments::KillLoop { power_loss: Some(_), .. }));
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
    let outcome = measure(arguments.run, &binary, &folder).await;
    if !outcome.as_ref().is_ok_and(|figures| !figures.failed()) {
        folder.keep();
    }
    outcome
}

async fn measure(run: Run, binary: &Path, folder: &folder::Folder) -> Result<figures::Figures, String> {
    match run {
        Run::Start { rounds } => start::run(binary, folder, rounds).await,
        Run::Footprint { orders, idle_seconds, setup } => {
            footprint::run(binary, folder, &setup, footprint::Options { orders, idle_seconds }).await
        }
        Run::Throughput { clients, seconds, hot, setup } => {
            throughput::run(binary, folder, &setup, throughput::Options { clients, seconds, hot }).await
        }
        Run::FlashSale { rounds, buyers, pieces, setup } => {
            flash_sale::run(binary, folder, &setup, flash_sale::Options { rounds, buyers, pieces }).await
        }
        Run::Races { rounds, clients, only, setup } => {
            races::run(binary, folder, &setup, races::Options { rounds, clients, only }).await
        }
        Run::Browse { per_second, seconds } => {
            browse::run(binary, folder, browse::Options { per_second, seconds }).await
        }
        Run::Catalogue { products, clients, seconds, setup } => {
            catalogue::run(binary, folder, &setup, catalogue::Options { products, clients, seconds }).await
        }
        Run::Pages { products, clients, seconds, setup } => {
            pages::run(binary, folder, &setup, pages::Options { products, clients, seconds }).await
        }
        Run::Relay { events, rounds } => relay::run(relay::Options { events, rounds }).await,
        Run::Latency { per_second, seconds, engine, broker } => {
            latency::run(folder, latency::Options { per_second, seconds, engine, broker }).await
        }
        Run::Backlog { events, handled, engine } => {
            backlog::run(backlog::Options { events, handled, engine }).await
        }
        Run::Rebuild { events, setup } => {
            rebuild::run(binary, folder, &setup, rebuild::Options { events }).await
        }
        Run::Checkout { clients, seconds, setup } => {
            checkout::run(binary, folder, &setup, checkout::Options { clients, seconds }).await
        }
        Run::CardOrders { orders, setup } => {
            card_orders::run(binary, folder, &setup, card_orders::Options { orders }).await
        }
        Run::Freshness { operations, clients, setup } => {
            freshness::run(binary, folder, &setup, freshness::Options { operations, clients }).await
        }
        Run::Outage { seconds, warm_up, setup } => {
            broker_outage::run(binary, folder, &setup, broker_outage::Options { seconds, warm_up }).await
        }
        Run::RollingRestart { rounds, setup } => {
            rolling_restart::run(binary, folder, &setup, rolling_restart::Options { rounds }).await
        }
        Run::ReplicaKill { kills, seed, setup } => {
            let options = replica_kill::Options { kills, seed: seed.unwrap_or_else(chance) };
            replica_kill::run(binary, folder, setup, options).await
        }
        Run::KillLoop(arguments) => {
            let seed = arguments.seed.unwrap_or_else(chance);
            if arguments.setup.processes {
                fleet_kills::run(binary, folder, fleet_kills::Options::new(arguments, seed)).await
            } else {
                let options = kill_loop::Options::new(&arguments, seed);
                kill_loop::run(binary, folder, &arguments.setup, options).await
            }
        }
    }
}

/// A seed of its own for a run that was given none.
fn chance() -> u64 {
    Entropy::system().below(u64::from(u32::MAX))
}
