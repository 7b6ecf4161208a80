//! Every saga of the fleet, broken at each of its steps in each way that steps break, in the fleet it belongs to.
//!
//! Sagas, steps and what can go wrong at them are found from the definitions. Whatever goes wrong, the oracles judge what
//! is left: no reservation, authorisation or credit too many, one end of each order, equal books.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_fleet::{ProcessDesk, services};
use tradewind_journeys::{Fleet, ada, staff};
use tradewind_kernel::{Context, Currency, Entropy, Id, Money, Principal};
use tradewind_orders_contract::{Order, OrderState, PaymentMethod, PlaceLine, PlaceOrder, Quantity};
use tradewind_payments_contract::{PaymentsClient, RefundPayment};
use tradewind_provider_contract::{Authorise, ChargeState, ProviderClient};
use tradewind_saga::breaker::{Case, Fault, Play, cases_of};
use tradewind_saga::{Instances, Interference, Outline, Reason};

use crate::cards::{GOOD, card};

/// How long all may take, in virtual time: longer than a provider keeps an amount.
const LIMIT: Duration = Duration::from_secs(8 * 24 * 3_600);

/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(250);

/// The longest pause between two looks.
const LAST_LOOK: Duration = Duration::from_secs(600);

/// Quick enough to be called off after a while, and looking after strays.
const SETTINGS: [&str; 2] = ["orders.cancellation_window=2s", "payments.reconcile_every=60s"];

/// Somebody who starts an instance of a saga, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Driver {
    /// An order on account.
    Account,
    /// An order by card.
    Card,
    /// Staff who give a part of the money back.
    Refund,
    /// A provider who has money of a payment that has ended.
    Stray,
}

/// Who can start which saga. A saga that is not here fails the test.
fn drivers(service: &str, saga: &str) -> &'static [Driver] {
    match (service, saga) {
        ("orders", "fulfilment") => &[Driver::Account, Driver::Card],
        ("payments", "card-payment") => &[Driver::Card],
        ("payments", "refund") => &[Driver::Refund],
        ("payments", "stray") => &[Driver::Stray],
        _ => panic!("nobody knows how to start {service}/{saga}: add a driver"),
    }
}

/// What nobody in the fleet can do: the signal to take money is a state of the instance, not a message, and comes once
/// or never; that it never comes is what an order does which is called off. The saga's own tests bring both.
fn cannot_happen(case: &Case) -> bool {
    matches!(case.fault, Fault::SignalTwice | Fault::SignalEarly | Fault::SignalNever)
}

struct Broken<'a> {
    service: &'a str,
    outline: &'a Outline,
    case: Case,
    driver: Driver,
}

#[tokio::test(start_paused = true)]
async fn every_step_of_the_fulfilment_of_orders_on_account() {
    all("orders", "fulfilment", Driver::Account).await;
}

#[tokio::test(start_paused = true)]
async fn every_step_of_the_fulfilment_of_orders_by_card() {
    all("orders", "fulfilment", Driver::Card).await;
}

#[tokio::test(start_paused = true)]
async fn every_step_of_payments_by_card() {
    all("payments", "card-payment", Driver::Card).await;
}

#[tokio::test(start_paused = true)]
async fn every_step_of_refunds() {
    all("payments", "refund", Driver::Refund).await;
}

#[tokio::test(start_paused = true)]
async fn every_step_of_giving_strays_back() {
    all("payments", "stray", Driver::Stray).await;
}

#[test]
fn every_saga_of_the_fleet_has_somebody_who_starts_it_and_every_step_a_case() {
    let mut sagas = 0;
    for service in services() {
        for outline in &service.description().sagas {
            assert!(!drivers(&service.description().name, outline.saga).is_empty());
            let cases = cases_of(outline);
            for step in &outline.steps {
                let of_step = |case: &&Case| case.step == step.name && !cannot_happen(case);
                assert!(cases.iter().any(|case| of_step(&case)), "{}: {}", outline.saga, step.name);
            }
            sagas += 1;
        }
    }
    assert!(sagas >= 4, "{sagas}");
}

async fn all(service: &str, saga: &str, driver: Driver) {
    assert!(drivers(service, saga).contains(&driver));
    let services = services();
    let description =
        services.iter().map(|each| each.description()).find(|each| each.name == service).unwrap();
    let outline = description.sagas.iter().find(|outline| outline.saga == saga).unwrap();
    let mut played = 0;
    for case in cases_of(outline).into_iter().filter(|case| !cannot_happen(case)) {
        let name = case.to_string();
        let broken = Broken { service, outline, case, driver };
        if let Err(complaint) = Box::pin(broken.play()).await {
            panic!("{service}/{saga}, {driver:?}, {name}: {complaint}");
        }
        played += 1;
    }
    assert!(played >= 2 * outline.steps.len(), "{played} cases of {} steps", outline.steps.len());
}

impl Broken<'_> {
    async fn play(&self) -> Result<(), String> {
        let play = Play::new(self.case.clone());
        let mut meddled: Vec<(&str, &str, Arc<dyn Interference>)> =
            vec![(self.service, self.outline.saga, play.interference())];
        if self.driver == Driver::Stray {
            // The payment ends, and the provider has never heard of it.
            meddled.push(("payments", "card-payment", refused_card().interference()));
        }
        let fleet = Fleet::meddled(11, &SETTINGS, &meddled).await;
        let order = self.begin(&fleet).await;
        self.drive(&fleet, &order, &play).await?;
        fleet.quiet().await;
        if let Some(complaint) = play.complaint() {
            return Err(complaint);
        }
        let order = fleet.orders(&ada()).order(order.id).await.map_err(|problem| problem.to_string())?;
        if matches!(order.state, OrderState::New | OrderState::Open) {
            return Err(format!("the order has not ended: {order:?}"));
        }
        // The oracles judge what is left.
        fleet.shutdown().await;
        Ok(())
    }

    /// Does what starts the instance.
    async fn begin(&self, fleet: &Fleet) -> Order {
        let token = card(fleet, GOOD).await;
        let payment = match self.driver {
            Driver::Account => PaymentMethod::Account,
            Driver::Card | Driver::Refund | Driver::Stray => {
                PaymentMethod::Card { token: token.parse().unwrap() }
            }
        };
        let order = placed(fleet, payment).await;
        match self.driver {
            Driver::Refund => {
                let order =
                    fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
                let desk = PaymentsClient::new(fleet.caller("gateway/data-plane", &staff()));
                let part = RefundPayment { amount: Money::from_minor(100, Currency::GBP) };
                desk.refund(order.id.id(), &part, "part").await.unwrap();
                order
            }
            Driver::Stray => {
                let order =
                    fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Rejected).await;
                let provider = ProviderClient::new(fleet.internal("provider"));
                let charge = Authorise { amount: order.total, card: token.parse().unwrap() };
                provider.authorise(order.id.id(), &charge).await.unwrap();
                order
            }
            Driver::Account | Driver::Card => order,
        }
    }

    /// Cancels when the case wants it, until no process is under way any more.
    async fn drive(&self, fleet: &Fleet, order: &Order, play: &Play) -> Result<(), String> {
        let desk = ProcessDesk::new(fleet.watcher());
        let until = fleet.clock().monotonic() + LIMIT;
        let (mut has_cancelled, mut pause, mut still) = (false, LOOK, None);
        loop {
            if fleet.clock().monotonic() > until {
                return Err("it has not ended".to_owned());
            }
            // A breaker that opened to a peer whose answers failed is open to this one too.
            let Ok(all) = desk.under_way(false, 100).await else {
                fleet.pass(LOOK).await;
                continue;
            };
            let own = all.processes.iter().find(|one| one.what.process == self.outline.saga);
            let step = own.and_then(|own| own.what.step.clone());
            let waits = self.case.fault == Fault::CancelledWaiting
                && step.as_deref() == Some(self.case.step.as_str());
            if !has_cancelled && (waits || play.wants_cancelling()) {
                has_cancelled = true;
                self.cancel(fleet, own.map_or(order.id.id(), |own| own.what.id)).await;
            }
            let order = fleet.orders(&ada()).order(order.id).await.map_err(|problem| problem.to_string())?;
            let has_ended = !matches!(order.state, OrderState::New | OrderState::Open);
            if has_ended && all.under_way == 0 && self.is_given_back(fleet, &order).await? {
                return Ok(());
            }
            let now = Some((all.under_way, step, order.state));
            let is_watched = play.may_want_cancelling() && !has_cancelled;
            pause = if still == now && !is_watched { (pause * 2).min(LAST_LOOK) } else { LOOK };
            still = now;
            fleet.pass(pause).await;
        }
    }

    /// What strays is found after a while only.
    async fn is_given_back(&self, fleet: &Fleet, order: &Order) -> Result<bool, String> {
        if self.driver != Driver::Stray {
            return Ok(true);
        }
        let charge = ProviderClient::new(fleet.internal("provider")).charge(order.id.id()).await;
        let charge = charge.map_err(|problem| problem.to_string())?;
        Ok(charge.state == ChargeState::Cancelled)
    }

    /// Customers call their orders off; what is cancelled otherwise is cancelled by its own service.
    async fn cancel(&self, fleet: &Fleet, id: Id) {
        if self.outline.saga == "fulfilment" {
            // It may be too late: then it goes on.
            let _ = fleet.orders(&ada()).cancel(id.into(), "off").await;
            return;
        }
        let context = Context::begin(Principal::Anonymous, fleet.clock(), &Entropy::seeded(1));
        let cancel = Cancel { instances: Instances::of(vec![self.outline.clone()]), id };
        fleet.database(self.service).write(&context, cancel).await.unwrap();
    }
}

/// Has every card refused by whoever asks the provider.
fn refused_card() -> Play {
    let services = services();
    let sagas = services.iter().flat_map(|service| &service.description().sagas);
    let outline = sagas.clone().find(|outline| outline.saga == "card-payment").unwrap();
    let is_it = |case: &Case| case.step == "authorise" && case.fault == Fault::Refused;
    Play::new(cases_of(outline).into_iter().find(is_it).unwrap())
}

/// An order of Ada, whatever becomes of it.
pub(crate) async fn placed(fleet: &Fleet, payment: PaymentMethod) -> Order {
    let line = PlaceLine { product_id: "1".parse().unwrap(), quantity: Quantity::try_from(2).unwrap() };
    let order = PlaceOrder { customer_id: None, lines: vec![line], payment };
    let orders = fleet.orders(&ada());
    let id = orders.place(&order, "order").await.unwrap().id;
    orders.order(id).await.unwrap()
}

/// Turns an instance back, as its own service does.
struct Cancel {
    instances: Instances<()>,
    id: Id,
}

impl Work for Cancel {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        self.instances.cancel(tx, self.id, Reason::new("cancelled")).await.map(drop)
    }
}
