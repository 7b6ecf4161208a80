//! The whole fleet on one thread, in paused time, with seeded randomness: one seed, one trace.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::telemetry::{self, LogFormat, LogSettings};
use tradewind_chassis::{Drained, Host, Network, Running, Scope, Storage};
use tradewind_client::Caller;
use tradewind_fleet::{ACCOUNTS, PRODUCTS, Seeder};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret, Timestamp};
use tradewind_orders_contract::{Order, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder};

const RUNS: usize = 100;
const SHOPPERS: u64 = 4;
const ORDERS_EACH: u64 = 5;

/// What one run left behind: a hash over every log line and every event, and how the orders ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    hash: String,
    lines: usize,
    ends: Vec<OrderState>,
}

#[test]
fn one_seed_gives_one_trace_a_hundred_times() {
    let first = simulate(7);
    assert!(first.lines > 150, "only {} lines were traced", first.lines);
    assert!(first.ends.contains(&OrderState::Open), "{:?}", first.ends);
    assert!(first.ends.contains(&OrderState::Rejected), "{:?}", first.ends);
    for run in 1..RUNS {
        assert_eq!(simulate(7), first, "run {run} differs");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    assert_ne!(simulate(7).hash, simulate(8).hash);
}

fn simulate(seed: u64) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let clock = {
        let _guard = runtime.enter();
        Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000))
    };
    let trace = Arc::new(Mutex::new((Sha256::new(), 0_usize)));
    let sink = {
        let trace = trace.clone();
        move |line: &str| {
            let mut trace = trace.lock().unwrap();
            trace.0.update(line.as_bytes());
            trace.1 += 1;
        }
    };
    let settings = LogSettings { format: LogFormat::Json, level: "trace".to_owned() };
    let journey = || runtime.block_on(journey(clock.clone(), Entropy::seeded(seed)));
    let (ends, events) = telemetry::capture(&settings, Some(clock.clone()), sink, journey).unwrap();
    let (mut hash, lines) = trace.lock().unwrap().clone();
    hash.update(events.as_bytes());
    let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Outcome { hash, lines, ends }
}

async fn journey(clock: Clock, entropy: Entropy) -> (Vec<OrderState>, String) {
    let host = Host {
        clock: clock.clone(),
        entropy: entropy.clone(),
        settings: SettingsSource::new().overrides(&["access.development_tokens=true".to_owned()]).unwrap(),
        storage: Storage::Memory,
        network: Network::None,
    };
    let running = tradewind_fleet::assembly().start(host, &mut |_, _| {}).await.unwrap();
    let (book, secret) = (running.book().clone(), running.secret().clone());
    Seeder::new(book, secret, clock.clone(), entropy.fork("seed")).goods().await.unwrap();
    running.caught_up(Duration::from_secs(10)).await.unwrap();
    running.mark_ready();
    let mut ends = Vec::new();
    for shopper in shop(&running, &entropy).await {
        ends.extend(shopper);
    }
    let events = events(&running).await;
    assert_eq!(running.shutdown().await, Drained::Clean);
    (ends, events)
}

/// Shoppers at the same time; gives the end states of each one's orders.
async fn shop(running: &Running, entropy: &Entropy) -> Vec<Vec<OrderState>> {
    let scope = Scope::new("shoppers");
    let shoppers = (0..SHOPPERS).map(|number| {
        let entropy = entropy.fork(&format!("shopper {number}"));
        let account = &ACCOUNTS[usize::try_from(number).unwrap() % ACCOUNTS.len()];
        let token = Secret::new(format!("dev-user-{}", account.id));
        let (book, clock) = (running.book().clone(), running.clock().clone());
        let shopper = async move {
            let mut ends = Vec::new();
            for order in 0..ORDERS_EACH {
                clock.sleep(Duration::from_millis(entropy.below(20))).await;
                let context = Context::begin(Principal::Anonymous, &clock, &entropy);
                let deadline = Deadline::after(&clock, Duration::from_secs(10));
                let shop = book.peer("shopfront");
                let shop = Caller::new(shop, context.clone(), deadline, clock.clone(), entropy.clone());
                let offers: serde_json::Value = shop.get("/products").await.unwrap();
                assert!(offers.as_array().unwrap().iter().all(|offer| offer["stock"] == "known"), "{offers}");
                let peer = book.peer("gateway/data-plane");
                let caller = Caller::new(peer, context, deadline, clock.clone(), entropy.clone());
                let orders = OrdersClient::new(caller.bearer(token.clone()));
                let key = format!("{number}-{order}");
                let accepted = orders.place(&wish(&entropy), &key).await.unwrap();
                ends.push(end(&orders, accepted.id, &clock).await.state);
            }
            ends
        };
        let scope = scope.clone();
        async move { scope.run("shopper", shopper).await.unwrap() }
    });
    futures_util::future::join_all(shoppers).await
}

fn wish(entropy: &Entropy) -> PlaceOrder {
    let lines = (0..1 + entropy.below(2)).map(|_| {
        let product = &PRODUCTS[usize::try_from(entropy.below(5)).unwrap()];
        let quantity = i64::try_from(1 + entropy.below(2)).unwrap();
        PlaceLine { product_id: product.id.parse().unwrap(), quantity: quantity.try_into().unwrap() }
    });
    PlaceOrder { customer_id: None, lines: lines.collect(), payment: PaymentMethod::Account }
}

/// Asks until the order has left NEW; the callers' deadline bounds it.
async fn end(orders: &OrdersClient, id: tradewind_orders_contract::OrderId, clock: &Clock) -> Order {
    loop {
        let order = orders.order(id).await.unwrap();
        if order.state != OrderState::New {
            return order;
        }
        clock.sleep(Duration::from_millis(1)).await;
    }
}

/// All events of all services, as text.
async fn events(running: &Running) -> String {
    let mut text = String::new();
    for service in ["catalogue", "stock", "customers", "orders"] {
        let context = Context::begin(Principal::Anonymous, running.clock(), running.entropy());
        let deadline = Deadline::after(running.clock(), Duration::from_secs(10));
        let peer = running.book().peer(&format!("{service}/internal"));
        let (clock, entropy) = (running.clock().clone(), running.entropy().clone());
        let caller = Caller::new(peer, context, deadline, clock, entropy).bearer(running.secret().clone());
        let events: serde_json::Value = caller.get("/events?after=0&limit=1000").await.unwrap();
        assert!(!events.as_array().unwrap().is_empty(), "{service} told nothing");
        text.push_str(&events.to_string());
    }
    text
}
