//! Closed loop: so many clients, each of which orders again as soon as its order is seen open.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Entropy};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::Postgres;

use crate::buyers::{Buyers, Purchase};
use crate::engine::single_row_commits;
use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};
use crate::servers::Servers;
use crate::setup::{Engine, Setup};
use crate::verify::verify;
use crate::{meters, server};

/// How long the engine alone is measured, before and after.
const ENGINE: Duration = Duration::from_secs(3);

/// The same for the benchmark of a server.
const SERVER: Duration = Duration::from_secs(5);

/// How long the clients run before anything counts.
const WARM_UP: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) clients: u32,
    pub(crate) seconds: u64,
    /// Everybody wants the same product.
    pub(crate) hot: bool,
}

/// What one phase of the run measured.
struct Window {
    latencies: Vec<f64>,
    seconds: f64,
    used: Reading,
    /// Processor time of the fleet by the names of its threads or processes.
    threads: BTreeMap<String, f64>,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let size = LoadSize::default();
    println!(
        "throughput: {setup}; {} clients for {} s through the gateway until OPEN is seen, {} customers, {}; \
         every commit synced, load generator on the same {} cores",
        options.clients,
        options.seconds,
        size.customers,
        if options.hot { "one hot SKU".to_owned() } else { format!("{} SKUs", size.products) },
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    let (home, servers) = Home::make(setup, binary, folder).await?;
    let server = servers.postgres.as_ref();
    if let Some(server) = server {
        server::prepare_benchmark(server).await?;
    }
    let before = alone(server, &folder.part("engine-before"), options).await?;
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(size, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let window = measure(&fleet, &servers, size, options).await?;
    let mut figures = Figures::default();
    verify(&home, &mut figures)?;
    fleet.end(Signal::Term).await?;
    let after = alone(server, &folder.part("engine-after"), options).await?;
    tell(&window, (before + after) / 2.0, setup.engine, &mut figures);
    Ok(figures)
}

/// Commits per second of the engine by itself: of one writer into a file, or of as many clients of the server.
async fn alone(server: Option<&Postgres>, folder: &Path, options: Options) -> Result<f64, String> {
    match server {
        Some(server) => server::simple_updates(server, options.clients, SERVER),
        None => single_row_commits(folder, ENGINE).await,
    }
}

async fn measure(
    fleet: &Fleet,
    servers: &Servers,
    size: LoadSize,
    options: Options,
) -> Result<Window, String> {
    let buyers = Buyers::new(&fleet.book);
    let (next, counting, stop) = (AtomicU32::new(0), AtomicBool::new(false), AtomicBool::new(false));
    let client = || async {
        let mut latencies = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let product = if options.hot { 0 } else { number.wrapping_mul(7_919) % size.products };
            let purchase = Purchase {
                customer: number % size.customers,
                product: LoadSize::product(product),
                quantity: 1,
                key: format!("throughput-{number}"),
            };
            let bought = buyers.buy(&purchase).await.map_err(|problem| problem.to_string())?;
            if bought.order.state != OrderState::Open {
                return Err(format!("order {} is {:?}", bought.order.id, bought.order.state));
            }
            if counting.load(Ordering::Relaxed) {
                latencies.push(bought.took.as_secs_f64() * 1_000.0);
            }
        }
        Ok(latencies)
    };
    let watch = async {
        tokio::time::sleep(WARM_UP).await;
        let first = Reading::take(fleet, servers).await?;
        let mut threads = fleet.usage()?;
        counting.store(true, Ordering::Relaxed);
        let started = Instant::now();
        tokio::time::sleep(Duration::from_secs(options.seconds)).await;
        counting.store(false, Ordering::Relaxed);
        let seconds = started.elapsed().as_secs_f64();
        let last = Reading::take(fleet, servers).await?;
        for (name, used) in fleet.usage()? {
            threads.entry(name).and_modify(|before| *before = used - *before);
        }
        stop.store(true, Ordering::Relaxed);
        Ok::<_, String>((seconds, threads, last.since(&first)))
    };
    let clients = futures_util::future::try_join_all((0..options.clients).map(|_| client()));
    let (latencies, watched) = tokio::join!(clients, watch);
    let (seconds, threads, used) = watched?;
    let latencies = latencies?.into_iter().flatten().collect();
    Ok(Window { latencies, seconds, used, threads })
}

/// What was done and used since the start of each process.
#[derive(Debug)]
struct Reading {
    commits: f64,
    works: f64,
    rollbacks: f64,
    statements: f64,
    fleet_processor: f64,
    own_processor: f64,
    server_processor: f64,
    broker_processor: f64,
}

impl Reading {
    async fn take(fleet: &Fleet, servers: &Servers) -> Result<Self, String> {
        Ok(Self {
            commits: fleet.counter("db_commits_total").await?,
            works: fleet.counter("db_works_total").await?,
            rollbacks: fleet.counter("db_rollbacks_total").await?,
            statements: fleet.counter("db_statements_total").await?,
            fleet_processor: fleet.processor_seconds()?,
            own_processor: meters::processor_seconds(std::process::id())?,
            server_processor: servers.postgres.as_ref().map_or(Ok(0.0), server::processor_seconds)?,
            broker_processor: servers.broker_seconds()?,
        })
    }

    fn since(&self, first: &Self) -> Self {
        Self {
            commits: self.commits - first.commits,
            works: self.works - first.works,
            rollbacks: self.rollbacks - first.rollbacks,
            statements: self.statements - first.statements,
            fleet_processor: self.fleet_processor - first.fleet_processor,
            own_processor: self.own_processor - first.own_processor,
            server_processor: self.server_processor - first.server_processor,
            broker_processor: self.broker_processor - first.broker_processor,
        }
    }
}

fn tell(window: &Window, alone: f64, engine: Engine, figures: &mut Figures) {
    let (least, name) = match engine {
        Engine::Sqlite => (1_000.0, "engine_single_row_commits_per_second"),
        Engine::Postgres => (500.0, "pgbench_simple_updates_per_second"),
    };
    let used = &window.used;
    let orders = window.latencies.len() as f64;
    let rate = orders / window.seconds;
    let commits = used.commits / window.seconds;
    figures.pace_at_least("orders_per_second", rate, least);
    figures.note("milliseconds_to_open_p50", percentile(&window.latencies, 50.0));
    figures.note("milliseconds_to_open_p99", percentile(&window.latencies, 99.0));
    figures.note("commits_per_order", used.commits / orders);
    figures.note("transactions_per_order", used.works / orders);
    figures.note("statements_per_order", used.statements / orders);
    figures.note("rollbacks_per_thousand_transactions", used.rollbacks * 1_000.0 / used.works);
    figures.note("commits_per_second", commits);
    figures.note(name, alone);
    figures.note("commits_as_share_of_engine", commits / alone);
    figures.note("orders_as_share_of_engine", rate / alone);
    figures.note("fleet_cores_busy", used.fleet_processor / window.seconds);
    figures.note("load_generator_cores_busy", used.own_processor / window.seconds);
    if engine == Engine::Postgres {
        figures.note("server_cores_busy", used.server_processor / window.seconds);
        figures.note("server_processor_microseconds_per_order", used.server_processor * 1e6 / orders);
    }
    if used.broker_processor > 0.0 {
        figures.note("broker_cores_busy", used.broker_processor / window.seconds);
        figures.note("broker_processor_microseconds_per_order", used.broker_processor * 1e6 / orders);
    }
    figures.note("fleet_processor_microseconds_per_order", used.fleet_processor * 1e6 / orders);
    for (name, used) in &window.threads {
        figures.note(&format!("cores_busy_in_{name}"), used / window.seconds);
    }
}
