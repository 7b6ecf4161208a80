//! Closed loop: so many clients, each of which orders again as soon as its order is seen open.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Entropy};
use tradewind_orders_contract::OrderState;

use crate::buyers::{Buyers, Purchase};
use crate::engine::single_row_commits;
use crate::figures::{Figures, percentile};
use crate::meters;
use crate::process::{Fleet, Folder, Signal};
use crate::verify::verify;

/// How long the engine alone is measured, before and after.
const ENGINE: Duration = Duration::from_secs(3);

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
    commits: f64,
    works: f64,
    fleet_processor: f64,
    own_processor: f64,
    /// Processor time of the fleet by the names of its threads.
    threads: BTreeMap<String, f64>,
}

pub(crate) async fn run(binary: &Path, folder: &Folder, options: Options) -> Result<Figures, String> {
    let size = LoadSize::default();
    println!(
        "throughput: {} clients for {} s through the gateway until OPEN is seen, {} customers, {}; \
         synchronous=FULL, load generator on the same {} cores",
        options.clients,
        options.seconds,
        size.customers,
        if options.hot { "one hot SKU".to_owned() } else { format!("{} SKUs", size.products) },
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    let before = single_row_commits(&folder.part("engine-before"), ENGINE).await?;
    let data = folder.part("fleet");
    let fleet = Fleet::start(binary, &data).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(size, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let window = measure(&fleet, size, options).await?;
    let mut figures = Figures::default();
    verify(binary, &data, &mut figures)?;
    fleet.end(Signal::Term).await?;
    let after = single_row_commits(&folder.part("engine-after"), ENGINE).await?;
    tell(&window, (before + after) / 2.0, &mut figures);
    Ok(figures)
}

async fn measure(fleet: &Fleet, size: LoadSize, options: Options) -> Result<Window, String> {
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
        let first = reading(fleet).await?;
        let mut threads = meters::threads(fleet.process())?;
        counting.store(true, Ordering::Relaxed);
        let started = Instant::now();
        tokio::time::sleep(Duration::from_secs(options.seconds)).await;
        counting.store(false, Ordering::Relaxed);
        let seconds = started.elapsed().as_secs_f64();
        let last = reading(fleet).await?;
        for (name, used) in meters::threads(fleet.process())? {
            threads.entry(name).and_modify(|before| *before = used - *before);
        }
        stop.store(true, Ordering::Relaxed);
        Ok::<_, String>((seconds, threads, std::array::from_fn(|index| last[index] - first[index])))
    };
    let clients = futures_util::future::try_join_all((0..options.clients).map(|_| client()));
    let (latencies, watched) = tokio::join!(clients, watch);
    let (seconds, threads, [commits, works, fleet_processor, own_processor]) = watched?;
    let latencies = latencies?.into_iter().flatten().collect();
    Ok(Window { latencies, seconds, commits, works, fleet_processor, own_processor, threads })
}

async fn reading(fleet: &Fleet) -> Result<[f64; 4], String> {
    Ok([
        meters::sum(&fleet.book, "db_commits_total").await?,
        meters::sum(&fleet.book, "db_works_total").await?,
        meters::processor_seconds(fleet.process())?,
        meters::processor_seconds(std::process::id())?,
    ])
}

fn tell(window: &Window, engine: f64, figures: &mut Figures) {
    let orders = window.latencies.len() as f64;
    let rate = orders / window.seconds;
    let commits = window.commits / window.seconds;
    figures.at_least("orders_per_second", rate, 1_000.0);
    figures.note("milliseconds_to_open_p50", percentile(&window.latencies, 50.0));
    figures.note("milliseconds_to_open_p99", percentile(&window.latencies, 99.0));
    figures.note("commits_per_order", window.commits / orders);
    figures.note("transactions_per_order", window.works / orders);
    figures.note("commits_per_second", commits);
    figures.note("engine_single_row_commits_per_second", engine);
    figures.note("commits_as_share_of_engine", commits / engine);
    figures.note("orders_as_share_of_engine", rate / engine);
    figures.note("fleet_cores_busy", window.fleet_processor / window.seconds);
    figures.note("load_generator_cores_busy", window.own_processor / window.seconds);
    figures.note("fleet_processor_microseconds_per_order", window.fleet_processor * 1e6 / orders);
    for (name, used) in &window.threads {
        figures.note(&format!("cores_busy_in_{name}"), used / window.seconds);
    }
}
