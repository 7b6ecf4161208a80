//! Whole checkouts through the gateway: a cart is made and filled, a quote asked for and taken, and the order is paid by
//! card; measured until it is seen open, with its goods reserved and its amount held.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use http::HeaderName;
use tradewind_cart_contract::{CartClient, CompleteCart, CreateCart, Payment};
use tradewind_client::{Caller, Policies, Seen};
use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Context, Currency, Deadline, Entropy, Position, Principal, Secret};
use tradewind_orders_contract::{OrderState, OrdersClient};
use tradewind_problem::{NOT_FOUND, Problem};

use crate::buyers::Buyers;
use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::place::CARD;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;
use crate::verify::verify;

const GATEWAY: &str = "gateway/data-plane";

/// Commits of all services that keep data.
const COMMITS: &str = "db_commits_total";

/// How long the clients run before anything counts.
const WARM_UP: Duration = Duration::from_secs(3);

/// How long one checkout may take.
const LIMIT: Duration = Duration::from_secs(30);

const LOOK_AGAIN: Duration = Duration::from_millis(2);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) clients: u32,
    pub(crate) seconds: u64,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { clients, seconds } = options;
    println!(
        "checkout: {setup}; {clients} clients for {seconds} s through the gateway, each with a cart of two lines, a quote, \
         its completion and a card, until OPEN is seen (seven requests and more); load generator on the same {} cores",
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    let (mut home, _servers) = Home::make(setup, binary, folder).await?;
    // What is fulfilled meanwhile would be measured with it.
    home.set("orders.cancellation_window=1h");
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(LoadSize::default(), |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let card = seeder.card(CARD).await.map_err(|problem| problem.to_string())?.to_string();
    Buyers::new(&fleet.book).buy_on_account().await?;
    fleet.book.set_policies(GATEWAY, Policies::none());
    let (next, counting, stop) = (AtomicU32::new(0), AtomicBool::new(false), AtomicBool::new(false));
    let client = || async {
        let mut took = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let started = Instant::now();
            check_out(&fleet, number, &card).await?;
            if counting.load(Ordering::Relaxed) {
                took.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        Ok::<_, String>(took)
    };
    let watch = async {
        tokio::time::sleep(WARM_UP).await;
        let before = fleet.counter(COMMITS).await?;
        counting.store(true, Ordering::Relaxed);
        let started = Instant::now();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        counting.store(false, Ordering::Relaxed);
        let measured = started.elapsed().as_secs_f64();
        let used = fleet.counter(COMMITS).await? - before;
        stop.store(true, Ordering::Relaxed);
        Ok::<_, String>((measured, used))
    };
    let all = futures_util::future::try_join_all((0..clients).map(|_| client()));
    let (took, watched) = tokio::join!(all, watch);
    let (measured, used) = watched?;
    let took: Vec<f64> = took?.into_iter().flatten().collect();
    let mut figures = Figures::default();
    figures.at_least("checkouts", took.len() as f64, 1.0);
    figures.note("orders_per_second", took.len() as f64 / measured);
    figures.note("milliseconds_p50", percentile(&took, 50.0));
    figures.note("milliseconds_p99", percentile(&took, 99.0));
    figures.note("commits_per_order", used / (took.len() as f64).max(1.0));
    verify(&home, &mut figures)?;
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

/// One client with one cart.
struct Shopper<'a> {
    fleet: &'a Fleet,
    number: u32,
    seen: Seen,
}

impl Shopper<'_> {
    fn caller(&self) -> Caller {
        let (clock, entropy) = (Clock::system(), Entropy::system());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, LIMIT);
        let customer = LoadSize::customer(self.number % LoadSize::default().customers);
        let caller = Caller::new(self.fleet.book.peer(GATEWAY), context, deadline, clock, entropy);
        caller.bearer(Secret::new(format!("dev-user-{customer}"))).seen(self.seen.clone())
    }
}

async fn check_out(fleet: &Fleet, number: u32, card: &str) -> Result<(), String> {
    let said = |problem: Problem| problem.to_string();
    let shopper = Shopper { fleet, number, seen: Seen::of(Position::default()) };
    let carts = CartClient::new(shopper.caller());
    let country = "GB".parse().map_err(|error| format!("{error}"))?;
    let cart = carts.create(&CreateCart { country, currency: Currency::GBP }).await.map_err(said)?;
    for line in 0..2 {
        let product = LoadSize::product((number.wrapping_mul(7_919) + line) % LoadSize::default().products);
        let product = product.parse().map_err(|error| format!("{error}"))?;
        carts.put(cart.id, &product, 1 + line).await.map_err(said)?;
    }
    let quote = carts.quote(cart.id).await.map_err(said)?;
    let payment = Payment::Card { token: card.parse().map_err(|error| format!("{error}"))? };
    let taken = CompleteCart { quote_id: quote.id, payment };
    let accepted = carts.complete(cart.id, &taken, &format!("checkout-{number}")).await.map_err(said)?;
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        let caller = shopper.caller().header(HeaderName::from_static("prefer"), "wait=2");
        match OrdersClient::new(caller).order(accepted.id.into()).await {
            Ok(order) if order.state == OrderState::Open => return Ok(()),
            Ok(order) if order.state != OrderState::New => {
                return Err(format!("order {} is {:?}: {:?}", order.id, order.state, order.reason));
            }
            Ok(_) => {}
            // Orders has not heard of it yet.
            Err(problem) if problem.is(&NOT_FOUND) => {}
            Err(problem) => return Err(said(problem)),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(format!("order {} is not open after {LIMIT:?}", accepted.id))
}
