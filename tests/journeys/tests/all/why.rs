//! What happened to an order and why, what remains, and who is stuck.

use std::sync::Arc;
use std::time::Duration;

use tradewind_fleet::{ProcessDesk, Why, services};
use tradewind_journeys::{Fleet, ada, staff};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_lineage::{EntryKind, StepState};
use tradewind_orders_contract::{Order, OrderState, PaymentMethod};
use tradewind_payments_contract::{PaymentsClient, RefundPayment};
use tradewind_saga::Interference;
use tradewind_saga::breaker::{Fault, Play, cases_of};

use crate::breaking::placed;
use crate::cards::{GOOD, card};

async fn why(fleet: &Fleet, order: &Order) -> Why {
    ProcessDesk::new(fleet.watcher()).why(order.id.id()).await.unwrap()
}

/// Waits until what was asked of payments, a process of its own, is told with the order.
async fn refunded(fleet: &Fleet, order: &Order) {
    let is_told = |why: &Why| {
        let told = why.line.entries.iter().find(|entry| entry.what.contains("payment-refunded"));
        told.is_some() && why.view.sagas.iter().any(|saga| saga.what.saga == "refund")
    };
    let until = fleet.clock().monotonic() + Duration::from_secs(30);
    while !is_told(&why(fleet, order).await) {
        assert!(fleet.clock().monotonic() < until, "the refund is not told");
        fleet.pass(Duration::from_millis(50)).await;
    }
}

fn states(why: &Why) -> Vec<StepState> {
    why.view.steps.iter().map(|step| step.state).collect()
}

/// The services in which something of this kind happened.
fn told_by(why: &Why, kind: EntryKind) -> Vec<&str> {
    let mut services: Vec<&str> = why
        .line
        .entries
        .iter()
        .filter(|entry| entry.kind == kind)
        .map(|entry| entry.service.as_str())
        .collect();
    services.sort_unstable();
    services.dedup();
    services
}

#[tokio::test]
async fn a_completed_order_is_explained_from_the_request_to_the_shipment() {
    let fleet = Fleet::start_with(&["orders.cancellation_window=0s", "telemetry.release=2026-11-29"]).await;
    let token = card(&fleet, GOOD).await;
    let order = fleet.order_by_card(&ada(), &[("2", 1)], &token).await;
    let order = fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
    fleet.quiet().await;
    let why = why(&fleet, &order).await;
    assert_eq!(states(&why), [StepState::Done; 4]);
    assert!(why.view.ended.is_some() && !why.view.is_stuck, "{:?}", why.view);
    assert!(why.view.remains.is_empty() && why.view.would_undo.is_empty(), "{:?}", why.view);
    assert_eq!(told_by(&why, EntryKind::Event), ["notification", "orders", "payments", "shipping", "stock"]);
    assert_eq!(told_by(&why, EntryKind::Saga), ["orders", "payments"]);
    assert!(told_by(&why, EntryKind::Request).contains(&"gateway"));
    let is_event = |kind: EntryKind| kind == EntryKind::Event;
    let events = why.line.entries.iter().filter(|entry| is_event(entry.kind));
    for event in events {
        assert_eq!(event.release.as_deref(), Some("2026-11-29"), "{event:?}");
        assert!(event.cause.is_some(), "{event:?}");
    }
    let part = RefundPayment { amount: Money::from_minor(100, Currency::GBP) };
    let desk = PaymentsClient::new(fleet.caller("gateway/data-plane", &staff()));
    desk.refund(order.id.id(), &part, "part").await.unwrap();
    refunded(&fleet, &order).await;
    // One request is behind all of it so far.
    let roots = why.line.entries.iter().filter(|entry| entry.cause.is_none());
    let roots: Vec<_> = roots.map(|entry| (entry.service.as_str(), entry.what.as_str())).collect();
    assert_eq!(roots, [("gateway", "POST /api/orders/v1/*")]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_open_order_says_what_is_to_come_and_what_an_undo_would_do() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    let explained = why(&fleet, &order).await;
    assert_eq!(states(&explained), [StepState::Done, StepState::Done, StepState::Done, StepState::Waiting]);
    // Whether the saga has taken its first step by then is for its runner to say.
    let remains: Vec<&str> = explained.view.remains.iter().map(String::as_str).collect();
    assert!(
        remains.ends_with(&["fulfil: take-payment", "fulfil: book-shipment", "fulfil: complete"]),
        "{remains:?}"
    );
    let undo = explained.view.would_undo.join("; ");
    assert!(undo.contains("stock releases") && undo.contains("released"), "{undo}");
    fleet.cancel(&ada(), order.id).await;
    let explained = why(&fleet, &order).await;
    assert_eq!(explained.view.steps[3].state, StepState::Refused, "{:?}", explained.view);
    assert_eq!(explained.view.steps[0].state, StepState::Undone, "{:?}", explained.view);
    assert!(explained.view.ended.is_some() && explained.view.remains.is_empty());
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_that_nobody_placed_is_not_known() {
    let fleet = Fleet::start().await;
    let error = ProcessDesk::new(fleet.watcher()).why(Id::from_u128(7)).await.unwrap_err();
    assert!(error.to_string().contains("no event tells of an order"), "{error}");
    fleet.shutdown().await;
}

/// Lets a step fail for good.
fn failing(service: &str, saga: &str, step: &str) -> Arc<dyn Interference> {
    let services = services();
    let description =
        services.iter().map(|each| each.description()).find(|each| each.name == service).unwrap();
    let outline = description.sagas.iter().find(|outline| outline.saga == saga).unwrap();
    let cases = cases_of(outline);
    let case = cases.into_iter().find(|case| case.step == step && case.fault == Fault::FailsForGood).unwrap();
    Play::new(case).interference()
}

#[tokio::test(start_paused = true)]
async fn what_does_not_get_on_is_listed_counted_and_explained() {
    let settings = ["orders.cancellation_window=0s"];
    let broken = failing("orders", "fulfilment", "pick-goods");
    let fleet = Fleet::meddled(3, &settings, &[("orders", "fulfilment", broken)]).await;
    let order = placed(&fleet, PaymentMethod::Account).await;
    let desk = ProcessDesk::new(fleet.watcher());
    assert_eq!(desk.under_way(true, 10).await.unwrap().stuck, 0);
    fleet.pass(Duration::from_secs(600)).await;
    let all = desk.under_way(true, 10).await.unwrap();
    assert_eq!((all.stuck, all.processes.len()), (1, 1), "{all:?}");
    let stuck = &all.processes[0];
    assert_eq!((stuck.service.as_str(), stuck.what.step.as_deref()), ("orders", Some("pick-goods")));
    let explained = why(&fleet, &order).await;
    assert!(explained.view.is_stuck, "{:?}", explained.view);
    assert!(explained.view.stuck_because[0].contains("pick-goods"), "{:?}", explained.view.stuck_because);
    fleet.leave().await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_get_on_without_a_leader_is_listed_too() {
    let broken = failing("payments", "card-payment", "authorise");
    let fleet = Fleet::meddled(3, &[], &[("payments", "card-payment", broken)]).await;
    let token = card(&fleet, GOOD).await;
    let order = placed(&fleet, PaymentMethod::Card { token: token.parse().unwrap() }).await;
    fleet.pass(Duration::from_secs(180)).await;
    let all = ProcessDesk::new(fleet.watcher()).under_way(true, 10).await.unwrap();
    let of_orders = all.processes.iter().find(|one| one.what.process == "order");
    assert_eq!(of_orders.map(|one| one.what.id), Some(order.id.id()), "{all:?}");
    let explained = why(&fleet, &order).await;
    let late: Vec<_> =
        explained.view.steps.iter().filter(|step| step.is_late).map(|step| step.name).collect();
    assert_eq!(late, ["secure-payment", "open"], "{:?}", explained.view);
    fleet.leave().await;
}
