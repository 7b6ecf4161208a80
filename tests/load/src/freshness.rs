//! Position tokens under load: whoever has seen the answer of one service is never answered with less by another.
//!
//! Each client orders a piece of a product of its own from orders, and then asks stock, which hears of it by an event,
//! how much is left. With the token of the first answer it is never told more than there can be; a part of the clients
//! send none, to show that there is something to be wrong about.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tradewind_client::{Caller, Policies, Seen};
use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{OrdersClient, PaymentMethod, PlaceLine, PlaceOrder};
use tradewind_problem::{Problem, UNAVAILABLE};
use tradewind_stock_contract::Stock;

use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::meters;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;

const GATEWAY: &str = "gateway/data-plane";

/// Of so many clients one sends no token.
const ONE_WITHOUT: u32 = 8;

/// Waits that there have to be, so that the rest says something.
const WAITS: f64 = 1_000.0;

/// How long one step may take, tries again included.
const LIMIT: Duration = Duration::from_secs(30);

/// The pause before a reader who was told to come back does.
const COME_BACK: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) operations: u32,
    pub(crate) clients: u32,
}

/// What the clients have found.
#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU32,
    with_token: AtomicU32,
    stale_with_token: AtomicU32,
    without: AtomicU32,
    stale_without: AtomicU32,
    told_to_come_back: AtomicU32,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { operations, clients } = options;
    println!(
        "freshness: {setup}; {operations} orders of {clients} clients, each followed by a look at its stock; one client of \
         {ONE_WITHOUT} sends no token"
    );
    let (home, _servers) = Home::make(setup, binary, folder).await?;
    let fleet = Fleet::start(&home).await?;
    let size = LoadSize { products: clients, ..LoadSize::default() };
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(size, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    fleet.book.set_policies(GATEWAY, Policies::none());
    let (counts, started) = (Counts::default(), Instant::now());
    let all = (0..clients).map(|client| shop(&fleet, client, options.operations, &counts));
    let mut took = Vec::new();
    for each in futures_util::future::join_all(all).await {
        took.extend(each?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let waited = waits(&fleet).await?;
    fleet.end(Signal::Term).await?;
    Ok(figures(&counts, waited, &took, seconds))
}

/// Requests that stock's door had to hold until it knew enough.
async fn waits(fleet: &Fleet) -> Result<f64, String> {
    let text = meters::exposition(&fleet.book, "stock/internal").await?;
    let waited = text.lines().filter(|line| {
        line.starts_with("http_position_waits_total{")
            && (line.contains("outcome=\"waited\"") || line.contains("outcome=\"refused\""))
    });
    Ok(waited.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

fn figures(counts: &Counts, waited: f64, took: &[f64], seconds: f64) -> Figures {
    let count = |counter: &AtomicU32| f64::from(counter.load(Ordering::Relaxed));
    let mut figures = Figures::default();
    figures.note("operations_with_token", count(&counts.with_token));
    figures.at_most("stale_with_token", count(&counts.stale_with_token), 0.0);
    figures.at_least("reads_that_had_to_wait", waited, WAITS);
    figures.note("told_to_come_back", count(&counts.told_to_come_back));
    figures.note("operations_without_token", count(&counts.without));
    figures.at_least("stale_without_token", count(&counts.stale_without), 1.0);
    figures.note("operations_per_second", (count(&counts.with_token) + count(&counts.without)) / seconds);
    figures.note("read_milliseconds_p50", percentile(took, 50.0));
    figures.note("read_milliseconds_p99", percentile(took, 99.0));
    figures
}

/// Orders pieces of one product, one after the other, and looks after each how many are left. Gives how long the looks
/// with a token took, in milliseconds.
async fn shop(fleet: &Fleet, client: u32, operations: u32, counts: &Counts) -> Result<Vec<f64>, String> {
    let product = LoadSize::product(client);
    let has_token = !client.is_multiple_of(ONE_WITHOUT);
    let mut left = look(fleet, client, &product, None, counts).await?;
    let mut took = Vec::new();
    // Those with a token are as many as were asked for; the others come on top.
    while !has_token || counts.begun.fetch_add(1, Ordering::Relaxed) < operations {
        if !has_token && counts.begun.load(Ordering::Relaxed) >= operations {
            break;
        }
        let seen = has_token.then(Seen::default);
        order(fleet, client, &product, seen.clone()).await?;
        left -= 1;
        let started = Instant::now();
        let shown = look(fleet, client, &product, seen, counts).await?;
        let (all, stale) = if has_token {
            took.push(started.elapsed().as_secs_f64() * 1_000.0);
            (&counts.with_token, &counts.stale_with_token)
        } else {
            (&counts.without, &counts.stale_without)
        };
        all.fetch_add(1, Ordering::Relaxed);
        if shown > left {
            stale.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(took)
}

fn caller(fleet: &Fleet, client: u32, seen: Option<Seen>) -> Caller {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, LIMIT);
    let customer = LoadSize::customer(client % LoadSize::default().customers);
    let caller = Caller::new(fleet.book.peer(GATEWAY), context, deadline, clock, entropy)
        .bearer(Secret::new(format!("dev-user-{customer}")));
    match seen {
        Some(seen) => caller.seen(seen),
        None => caller,
    }
}

async fn order(fleet: &Fleet, client: u32, product: &str, seen: Option<Seen>) -> Result<(), String> {
    let wrong = |problem: Problem| problem.to_string();
    let line = PlaceLine {
        product_id: product.parse().map_err(|error| format!("{error}"))?,
        quantity: 1_i64.try_into()?,
    };
    let order = PlaceOrder { customer_id: None, lines: vec![line], payment: PaymentMethod::Account };
    let key = Entropy::system().id(&Clock::system()).to_string();
    loop {
        // The same key, so that coming back orders nothing twice.
        match OrdersClient::new(caller(fleet, client, seen.clone())).place(&order, &key).await {
            Ok(_) => return Ok(()),
            Err(problem) if problem.is(&UNAVAILABLE) => tokio::time::sleep(COME_BACK).await,
            Err(problem) => return Err(wrong(problem)),
        }
    }
}

async fn look(
    fleet: &Fleet,
    client: u32,
    product: &str,
    seen: Option<Seen>,
    counts: &Counts,
) -> Result<i64, String> {
    let started = Instant::now();
    loop {
        let path = format!("/api/stock/v1/stocks/{product}");
        match caller(fleet, client, seen.clone()).get::<Stock>(&path).await {
            Ok(stock) => return Ok(stock.amount_available),
            Err(problem) if problem.is(&UNAVAILABLE) && started.elapsed() < LIMIT => {
                counts.told_to_come_back.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(COME_BACK).await;
            }
            Err(problem) => return Err(problem.to_string()),
        }
    }
}
