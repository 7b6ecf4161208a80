//! Orders by card, with a provider that misbehaves: each that is paid is charged once, none that is not, and both books
//! say the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tradewind_client::{Caller, Policies};
use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Id, Principal, Secret};
use tradewind_orders_contract::{
    Order, OrderId, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder,
};
use tradewind_problem::{Problem, UNAVAILABLE};
use tradewind_provider_contract::{Charge, ProviderClient};

use crate::buyers::Buyers;
use crate::figures::Figures;
use crate::folder::Folder;
use crate::home::Home;
use crate::place::CARD;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;
use crate::verify::verify;

const GATEWAY: &str = "gateway/data-plane";

/// What the provider does wrong, and how soon those who wait for it give up.
const SETTINGS: [&str; 9] = [
    "provider.timeout_after_success=10",
    "provider.callback_twice=5",
    "provider.callback_late=5",
    "provider.callback_early=5",
    "provider.decline=5",
    "provider.callback_delay=3s",
    "payments.reconcile_every=30s",
    "orders.cancellation_window=1s",
    "http.deadline=3s",
];

/// Of so many orders one is called off, wherever its process is.
const CALLED_OFF: u32 = 20;

/// Clients that place orders at the same time.
const CLIENTS: u32 = 32;

/// How long an order may take to its end.
const END: Duration = Duration::from_secs(600);

/// The pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) orders: u32,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let settings = SETTINGS.join(", ");
    println!(
        "card-orders: {setup}; {} orders by card of {CLIENTS} clients, one of {CALLED_OFF} called off; {settings}",
        options.orders
    );
    let (mut home, _servers) = Home::make(setup, binary, folder).await?;
    SETTINGS.iter().for_each(|setting| home.set(setting));
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.load(LoadSize::default(), |_, _| {}).await.map_err(|problem| problem.to_string())?;
    fleet.book.set_policies(GATEWAY, Policies::none());
    Buyers::new(&fleet.book).buy_on_account().await?;
    let (next, started) = (AtomicU32::new(0), Instant::now());
    let all = (0..CLIENTS).map(|_| shop(&fleet, &seeder, options.orders, &next));
    let mut orders = Vec::new();
    for each in futures_util::future::join_all(all).await {
        orders.extend(each?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let charges = charges(&fleet).await?;
    let mut figures = Figures::default();
    judge(&orders, &charges, &mut figures);
    figures.note("orders_per_second", orders.len() as f64 / seconds);
    verify(&home, &mut figures)?;
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

/// Holds the orders against the books of the provider.
fn judge(orders: &[Order], charges: &BTreeMap<Id, Charge>, figures: &mut Figures) {
    let kept = |order: &Order| {
        let charge = charges.get(&order.id.id());
        charge.map_or(0, |charge| charge.captured.minor() - charge.refunded.minor())
    };
    let of = |state: OrderState| orders.iter().filter(move |order| order.state == state);
    let wrong = of(OrderState::Completed).filter(|order| kept(order) != order.total.minor()).count();
    let charged = orders.iter().filter(|order| order.state != OrderState::Completed && kept(order) != 0);
    figures.note("orders", orders.len() as f64);
    for (name, state) in [
        ("completed", OrderState::Completed),
        ("rejected", OrderState::Rejected),
        ("cancelled", OrderState::Cancelled),
    ] {
        figures.at_least(name, of(state).count() as f64, 1.0);
    }
    figures.at_most("paid_and_not_charged_once", wrong as f64, 0.0);
    figures.at_most("not_paid_and_charged", charged.count() as f64, 0.0);
    let known: Vec<Id> = orders.iter().map(|order| order.id.id()).collect();
    let strays = charges.keys().filter(|reference| !known.contains(reference)).count();
    figures.at_most("charges_of_no_order", strays as f64, 0.0);
}

/// All charges, as the provider has them.
async fn charges(fleet: &Fleet) -> Result<BTreeMap<Id, Charge>, String> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let (mut all, mut after) = (BTreeMap::new(), None::<String>);
    loop {
        let context = Context::begin(Principal::Service("load".to_owned()), &clock, &entropy);
        let deadline = Deadline::after(&clock, Duration::from_secs(10));
        let peer = fleet.book.peer("provider/internal");
        let caller = Caller::new(peer, context, deadline, clock.clone(), entropy.clone());
        let page = ProviderClient::new(caller.bearer(fleet.secret.clone())).charges(after.as_deref()).await;
        let page = page.map_err(|problem| problem.to_string())?;
        all.extend(page.items.into_iter().map(|charge| (charge.reference, charge)));
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Places orders one after the other, and waits for the end of all of them.
async fn shop(fleet: &Fleet, seeder: &Seeder, orders: u32, next: &AtomicU32) -> Result<Vec<Order>, String> {
    let token = seeder.card(CARD).await.map_err(|problem| problem.to_string())?.to_string();
    let mut placed = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= orders {
            break;
        }
        let id = place(fleet, number, &token).await?;
        let is_called_off = number.is_multiple_of(CALLED_OFF);
        if is_called_off {
            call_off(fleet, number, id).await?;
        }
        placed.push((number, id));
    }
    let mut ended = Vec::new();
    for (number, id) in placed {
        ended.push(end(fleet, number, id).await?);
    }
    Ok(ended)
}

fn client(fleet: &Fleet, number: u32) -> OrdersClient {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, Duration::from_secs(10));
    let customer = LoadSize::customer(number % LoadSize::default().customers);
    let caller = Caller::new(fleet.book.peer(GATEWAY), context, deadline, clock, entropy);
    OrdersClient::new(caller.bearer(Secret::new(format!("dev-user-{customer}"))))
}

async fn place(fleet: &Fleet, number: u32, token: &str) -> Result<OrderId, String> {
    let product = LoadSize::product(number % LoadSize::default().products);
    let line = PlaceLine {
        product_id: product.parse().map_err(|error| format!("{error}"))?,
        quantity: 1_i64.try_into()?,
    };
    let card = token.parse().map_err(|error| format!("{error}"))?;
    let payment = PaymentMethod::Card { token: card };
    let order = PlaceOrder { customer_id: None, lines: vec![line], payment };
    let key = format!("card-{number}");
    let placed = insist(async || client(fleet, number).place(&order, &key).await).await;
    placed.map(|accepted| accepted.id).map_err(|problem| problem.to_string())
}

/// As soon as it is open, if it comes to that.
async fn call_off(fleet: &Fleet, number: u32, id: OrderId) -> Result<(), String> {
    let started = Instant::now();
    while started.elapsed() < END {
        let order = insist(async || client(fleet, number).order(id).await).await;
        let order = order.map_err(|problem| problem.to_string())?;
        if order.state != OrderState::New {
            let key = format!("off-{number}");
            // It may have been rejected, or have gone on its way.
            return match insist(async || client(fleet, number).cancel(id, &key).await).await {
                Err(problem) if problem.status() != 409 => Err(problem.to_string()),
                _ => Ok(()),
            };
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(format!("order {id} is not decided"))
}

async fn end(fleet: &Fleet, number: u32, id: OrderId) -> Result<Order, String> {
    let started = Instant::now();
    loop {
        let order = insist(async || client(fleet, number).order(id).await).await;
        let order = order.map_err(|problem| problem.to_string())?;
        if !matches!(order.state, OrderState::New | OrderState::Open) {
            return Ok(order);
        }
        if started.elapsed() > END {
            return Err(format!("order {id} has not ended: {order:?}"));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Asks again while nobody can answer.
async fn insist<T>(ask: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    let started = Instant::now();
    loop {
        match ask().await {
            Err(problem) if problem.is(&UNAVAILABLE) && started.elapsed() < END => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            answer => return answer,
        }
    }
}
