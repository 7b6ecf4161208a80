//! A view of a million events made again: how fast it is filled, and whether anybody who reads meanwhile notices.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_fleet::{LoadSize, Seeder, ViewDesk, ViewPhase, ViewStatus};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{OrderId, OrderState, OrdersClient};
use tradewind_testkit::Postgres;

use crate::buyers::{Buyers, Purchase};
use crate::engine::open;
use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;

/// Events decoded, applied and written in a second, at least, on the embedded engine.
const TARGET: f64 = 200_000.0;

/// Orders that are really placed; all others are copies of theirs under other ids.
const PLACED: u32 = 200;

/// Those who read while the view is made again.
const READERS: usize = 6;

/// How long a rebuild may take until the run is given up.
const LIMIT: Duration = Duration::from_secs(900);

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A rebuild that has the writer for itself, but for one batch.
const UNTHROTTLED: [&str; 2] = ["views.rebuild_batch=20000", "views.rebuild_rest=0"];

const GATEWAY: &str = "gateway/data-plane";

sql! {
    COPY_EVENTS = "with recursive number (k) as (select 1 union all select k + 1 from number where k < $1)
        insert into stream_event (stream, version, type, type_version, data, recorded_at)
        select 'order-' || printf('%08x', k) || substr(stream, 15), version, type, type_version, data, recorded_at
        from number cross join stream_event";
    COPY_VIEW = "with recursive number (k) as (select 1 union all select k + 1 from number where k < $1)
        insert into order_view (order_id, customer_id, state, reason, lines, total_minor, currency, payment,
                cancelling, placed_at, updated_at)
            select unhex(printf('%08x', k) || substr(hex(order_id), 9)), customer_id, state, reason, lines, total_minor,
                currency, payment, cancelling, placed_at, updated_at from number cross join order_view";
    EVENTS = "select count(*) from stream_event";
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) events: u32,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    println!(
        "rebuild: {setup}; {} events of orders, copies of {PLACED} orders that were placed; filled with {} and {}, then \
         under {READERS} readers and a buyer with the usual settings",
        options.events, UNTHROTTLED[0], UNTHROTTLED[1],
    );
    let (mut home, servers) = Home::make(setup, binary, folder).await?;
    let mut figures = Figures::default();
    home.set("orders.cancellation_window=0s");
    let orders = place(&home).await?;
    multiply(&home, servers.postgres.as_ref(), options.events).await?;
    let usual = home.clone();
    UNTHROTTLED.iter().for_each(|setting| home.set(setting));
    let fleet = Fleet::start(&home).await?;
    let status = rebuild(&fleet).await?;
    fleet.end(Signal::Term).await?;
    let seconds = seconds_between(&status);
    figures.note("events", status.applied as f64);
    figures.note("seconds_to_fill", seconds);
    let pace = status.applied as f64 / seconds.max(0.001);
    if servers.postgres.is_none() {
        figures.pace_at_least("events_per_second", pace, TARGET);
    } else {
        figures.note("events_per_second", pace);
    }
    figures.at_most("rows_that_differ", differing(&status), 0.0);
    Box::pin(under_load(&usual, &orders, &mut figures)).await?;
    Ok(figures)
}

/// Places some orders and waits until they are decided; gives their customers and ids.
async fn place(home: &Home) -> Result<Vec<(u32, OrderId)>, String> {
    let fleet = Fleet::start(home).await?;
    let size = LoadSize::default();
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(size, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let buyers = Buyers::new(&fleet.book);
    let mut placed = Vec::new();
    for number in 0..PLACED {
        let bought = buyers.buy(&purchase(number, "rebuild")).await.map_err(|problem| problem.to_string())?;
        placed.push((number % size.customers, bought.order.id));
    }
    // Copies of orders that are still open would all be fulfilled meanwhile.
    for (customer, id) in &placed {
        while look(&fleet, *customer, *id, false).await? != Some(OrderState::Completed) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    fleet.end(Signal::Term).await?;
    Ok(placed)
}

fn purchase(number: u32, label: &str) -> Purchase {
    let size = LoadSize::default();
    Purchase {
        customer: number % size.customers,
        product: LoadSize::product(number % size.products),
        quantity: 1,
        key: format!("{label}-{number}"),
    }
}

struct Copy(i64);

impl Work for Copy {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&COPY_EVENTS, params![self.0]).await?;
        tx.execute(&COPY_VIEW, params![self.0]).await.map(drop)
    }
}

/// Copies the orders under other ids until there are about so many events.
async fn multiply(home: &Home, server: Option<&Postgres>, events: u32) -> Result<(), String> {
    if let Some(server) = server {
        let database = "tradewind_orders";
        let said = server.psql(database, "select count(*) from stream_event").await;
        let there: u32 = said.parse().map_err(|_| format!("{said:?} is no count"))?;
        let copies = copies(events, there);
        let copy = format!(
            "insert into stream_event (stream, version, type, type_version, data, recorded_at)
                select 'order-' || lpad(to_hex(k), 8, '0') || substr(stream, 15), version, type, type_version, data,
                    recorded_at from generate_series(1, {copies}) as k, stream_event;
             insert into order_view (order_id, customer_id, state, reason, lines, total_minor, currency, payment,
                    cancelling, placed_at, updated_at)
                select cast(lpad(to_hex(k), 8, '0') || substr(cast(order_id as text), 9) as uuid), customer_id, state,
                    reason, lines, total_minor, currency, payment, cancelling, placed_at, updated_at
                from generate_series(1, {copies}) as k, order_view;
             analyze"
        );
        server.psql(database, &copy).await;
        return Ok(());
    }
    let db = open(home.data.join("orders.db"), &[]).await?;
    let there = db.query_optional::<(u32,)>(&EVENTS, &[]).await.map_err(|error| error.to_string())?;
    let copy = Copy(copies(events, there.map_or(1, |row| row.0)));
    let context = Context::begin(Principal::Service("load".to_owned()), &Clock::system(), &Entropy::system());
    db.write(&context, copy).await.map_err(|error| error.to_string())?;
    db.close().await;
    Ok(())
}

fn copies(events: u32, there: u32) -> i64 {
    i64::from((events / there.max(1)).max(1))
}

fn desk(fleet: &Fleet) -> ViewDesk {
    let services = vec!["orders".to_owned()];
    ViewDesk::new(services, fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system())
}

/// Has the view made again, and waits until it is swapped in and cleared.
async fn rebuild(fleet: &Fleet) -> Result<ViewStatus, String> {
    let (desk, started) = (desk(fleet), Instant::now());
    desk.rebuild("orders", "order_view", false).await.map_err(|error| error.to_string())?;
    loop {
        let status = desk.status("orders", "order_view").await.map_err(|error| error.to_string())?;
        if matches!(status.phase, ViewPhase::Live | ViewPhase::Differs) {
            return Ok(status);
        }
        if started.elapsed() > LIMIT {
            return Err(format!("the rebuild was not over within {LIMIT:?}: {status:?}"));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn seconds_between(status: &ViewStatus) -> f64 {
    let micros = |time: Option<tradewind_kernel::Timestamp>| time.map_or(0, |time| time.as_micros());
    (micros(status.filled_at) - micros(status.begun_at)) as f64 / 1_000_000.0
}

fn differing(status: &ViewStatus) -> f64 {
    (status.only_live.unwrap_or(1) + status.only_rebuilt.unwrap_or(1)) as f64
}

/// Rebuilds while orders are read and placed.
async fn under_load(home: &Home, orders: &[(u32, OrderId)], figures: &mut Figures) -> Result<(), String> {
    let fleet = Fleet::start(home).await?;
    let (is_over, errors, bought) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    let buyers = Buyers::new(&fleet.book);
    let (fleet_ref, is_over, errors, bought) = (&fleet, &is_over, &errors, &bought);
    let reading = (0..READERS).map(|reader| async move {
        let mut milliseconds = Vec::new();
        for at in (0..orders.len()).cycle().skip(reader * 31) {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let (started, (customer, id)) = (Instant::now(), orders[at]);
            match look(fleet_ref, customer, id, at % 8 == 0).await {
                Ok(_) => milliseconds.push(started.elapsed().as_secs_f64() * 1_000.0),
                Err(reason) => {
                    println!("a read failed: {reason}");
                    errors.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        milliseconds
    });
    let buying = async {
        let mut number = 0;
        while !is_over.load(Ordering::Relaxed) {
            match buyers.buy(&purchase(number, "meanwhile")).await {
                Ok(_) => bought.fetch_add(1, Ordering::Relaxed),
                Err(problem) => return Err(format!("an order failed: {problem}")),
            };
            number += 1;
        }
        Ok(())
    };
    let rebuilding = async {
        let (started, status) = (Instant::now(), rebuild(fleet_ref).await);
        is_over.store(true, Ordering::Relaxed);
        (status, started.elapsed().as_secs_f64())
    };
    let reading = futures_util::future::join_all(reading);
    let ((status, seconds), read, placed) = tokio::join!(rebuilding, reading, buying);
    let (status, read): (_, Vec<f64>) = (status?, read.into_iter().flatten().collect());
    placed?;
    figures.note("seconds_under_load", seconds);
    figures.note("events_per_second_under_load", status.applied as f64 / seconds_between(&status).max(0.001));
    figures.note("orders_placed_meanwhile", f64::from(bought.load(Ordering::Relaxed)));
    figures.at_least("reads", read.len() as f64, 1_000.0);
    figures.note("read_milliseconds_p50", percentile(&read, 50.0));
    figures.note("read_milliseconds_p99", percentile(&read, 99.0));
    figures.note("read_milliseconds_max", percentile(&read, 100.0));
    figures.at_most("read_errors", f64::from(errors.load(Ordering::Relaxed)), 0.0);
    figures.at_most("rows_that_differ_under_load", differing(&status), 0.0);
    fleet.end(Signal::Term).await.map(drop)
}

/// Reads an order, or a page of them, through the gateway; gives the state of the order.
async fn look(
    fleet: &Fleet,
    customer: u32,
    id: OrderId,
    is_page: bool,
) -> Result<Option<OrderState>, String> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, Duration::from_secs(10));
    let caller = tradewind_client::Caller::new(fleet.book.peer(GATEWAY), context, deadline, clock, entropy)
        .bearer(Secret::new(format!("dev-user-{}", LoadSize::customer(customer))));
    if is_page {
        let page: Result<tradewind_kernel::Page<tradewind_orders_contract::Order>, _> =
            caller.get("/api/orders/v1/orders?limit=20").await;
        let page = page.map_err(|problem| problem.to_string())?;
        return if page.items.is_empty() { Err("an empty page".to_owned()) } else { Ok(None) };
    }
    let order = OrdersClient::new(caller).order(id).await.map_err(|problem| problem.to_string())?;
    if order.id == id { Ok(Some(order.state)) } else { Err(format!("{} instead of {id}", order.id)) }
}
