//! What an idle fleet costs after many orders.

use std::path::Path;
use std::time::{Duration, Instant};

use tradewind_fleet::Seeder;
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Postgres;

use crate::client_log::ClientLog;
use crate::figures::Figures;
use crate::folder::Folder;
use crate::home::Home;
use crate::meters;
use crate::place::{Clients, SIZE};
use crate::process::{Fleet, Signal};
use crate::server;
use crate::setup::Setup;

/// Clients that place orders at the same time.
const WORKERS: u32 = 16;

const STATEMENTS: &str = "db_statements_total";

/// The most memory of the whole fleet, in megabytes.
const MEMORY: f64 = 150.0;

/// The most that an idle service may ask of a server, per second.
const SERVED: f64 = 0.1;

/// How long the fleet may take for what follows from the orders: what is decided, sent and written about them.
const SETTLED: Duration = Duration::from_secs(600);

/// How often is looked whether it is done.
const LOOK: Duration = Duration::from_secs(3);

/// The most statements per second and subscription of a fleet at rest.
const AT_REST: f64 = 0.99;

/// How long a connection may keep to itself what it did (the server's bound is 10 s).
const REPORTED: Duration = Duration::from_secs(12);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) orders: u32,
    pub(crate) idle_seconds: u64,
}

/// Subscriptions of the fleet.
fn subscriptions() -> f64 {
    let all = tradewind_fleet::services();
    all.iter().map(|service| service.description().listens.len()).sum::<usize>() as f64
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { orders, idle_seconds } = options;
    let (home, servers) = Home::make(setup, binary, folder).await?;
    let server = servers.postgres.as_ref();
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(SIZE, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let clients = Clients::new(ClientLog::create(folder.part("clients.ndjson"))?);
    let started = Instant::now();
    clients.place_at_least(&fleet.book, WORKERS, orders as usize).await?;
    let placed = clients.acknowledged();
    let rate = placed as f64 / started.elapsed().as_secs_f64();
    println!("footprint: {placed} orders placed by {WORKERS} workers, then {idle_seconds} s idle");
    let settling = Instant::now();
    settled(&fleet).await?;
    let settled_after = settling.elapsed().as_secs_f64();
    let transactions = match server {
        Some(server) => Some(settled_transactions(server).await?),
        None => None,
    };
    let statements = fleet.counter(STATEMENTS).await?;
    let processor = fleet.processor_seconds()?;
    tokio::time::sleep(Duration::from_secs(idle_seconds)).await;
    let used = fleet.processor_seconds()? - processor;
    let executed = fleet.counter(STATEMENTS).await? - statements;
    let seconds = idle_seconds as f64;
    let mut figures = Figures::default();
    figures.note("orders_placed_per_second", rate);
    figures.note("settled_after_seconds", settled_after);
    figures.pace_at_most("pss_megabytes", pss_megabytes(&fleet.processes()?)?, MEMORY);
    figures.pace_at_most("idle_percent_of_a_core", 100.0 * used / seconds, 1.0);
    figures.pace_at_most(
        "idle_statements_per_second_and_subscription",
        executed / seconds / subscriptions(),
        AT_REST,
    );
    if let Some((server, before)) = server.zip(transactions) {
        let services = meters::SERVICES.len() as f64;
        figures.pace_at_most("idle_statements_per_second_and_service", executed / seconds / services, SERVED);
        tokio::time::sleep(REPORTED).await;
        // The whole time counts: who was idle longer did not do less.
        let ended = server::transactions(server).await? - before;
        figures.pace_at_most(
            "idle_server_transactions_per_s_and_service",
            ended / seconds / services,
            SERVED,
        );
        figures.note("server_connections", server::connections(server).await?);
    }
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

/// Waits until nothing follows any more from what was ordered.
async fn settled(fleet: &Fleet) -> Result<(), String> {
    let started = Instant::now();
    let mut before = fleet.counter(STATEMENTS).await?;
    while started.elapsed() < SETTLED {
        tokio::time::sleep(LOOK).await;
        let now = fleet.counter(STATEMENTS).await?;
        if (now - before) / LOOK.as_secs_f64() / subscriptions() <= AT_REST {
            return Ok(());
        }
        before = now;
    }
    Err(format!("the fleet is not at rest {SETTLED:?} after the last order"))
}

/// How many transactions the server counts once everybody has reported theirs.
async fn settled_transactions(server: &Postgres) -> Result<f64, String> {
    server::stop_vacuuming(server).await;
    tokio::time::sleep(REPORTED).await;
    server::transactions(server).await
}

/// Proportional shares: what several processes have in common counts once.
fn pss_megabytes(processes: &[u32]) -> Result<f64, String> {
    processes.iter().map(|process| pss_of(*process)).sum()
}

fn pss_of(process: u32) -> Result<f64, String> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("no Pss line")?;
    let kilobytes = line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
    kilobytes.map(|kilobytes| kilobytes / 1024.0).ok_or("unreadable Pss line".to_owned())
}
