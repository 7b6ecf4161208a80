//! The whole shop, with a service that is held back for longer than a reservation holds.

use tradewind_fleet::ACCOUNTS;
use tradewind_journeys::{Fleet, ada};
use tradewind_orders_contract::{OrderId, OrderState};

use super::{LATER, SOON, TTL};

/// The state of Ada's order and its reason.
async fn end(fleet: &Fleet, id: OrderId) -> (OrderState, Option<String>) {
    let order = fleet.orders(&ada()).order(id).await.unwrap();
    (order.state, order.reason)
}

fn expired() -> Option<String> {
    Some("reservation-expired".to_owned())
}

async fn let_go(fleet: &Fleet, service: &str) {
    fleet.let_go(service).await;
    fleet.pass(SOON).await;
    fleet.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn goods_held_for_an_order_whose_credit_is_not_decided_are_given_back() {
    let fleet = Fleet::simulated(1, &[]).await;
    fleet.hold_back("customers").await;
    let id = fleet.place(&ada(), &[("1", 2)]).await;
    fleet.pass(TTL / 2).await;
    assert_eq!((end(&fleet, id).await, fleet.available("1").await), ((OrderState::New, None), 3));
    fleet.pass(LATER - TTL / 2).await;
    assert_eq!((end(&fleet, id).await, fleet.available("1").await), ((OrderState::Rejected, expired()), 5));
    let_go(&fleet, "customers").await;
    assert_eq!(fleet.told("stock", id).await, ["stock-reserved", "stock-reservation-expired"]);
    assert_eq!(fleet.told("customers", id).await, ["credit-reserved", "credit-released"]);
    assert_eq!(fleet.told("orders", id).await, ["order-placed", "order-rejected"]);
    assert_eq!(fleet.books().await, ["REJECTED"]);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn credit_held_for_an_order_whose_goods_are_not_decided_is_given_back() {
    let fleet = Fleet::simulated(1, &["customers.reservation_ttl=1m"]).await;
    fleet.hold_back("stock").await;
    let id = fleet.place(&ada(), &[("1", 2)]).await;
    fleet.pass(SOON).await;
    assert_eq!(fleet.account(&ada()).await.reserved.minor(), 240);
    fleet.pass(3 * SOON).await;
    assert_eq!(fleet.account(&ada()).await.reserved.minor(), 0);
    assert_eq!(end(&fleet, id).await, (OrderState::Rejected, expired()));
    let_go(&fleet, "stock").await;
    assert_eq!(fleet.told("customers", id).await, ["credit-reserved", "credit-reservation-expired"]);
    assert_eq!(fleet.told("stock", id).await, ["stock-reserved", "stock-released"]);
    assert_eq!(fleet.books().await, ["REJECTED"]);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_open_order_keeps_what_it_holds() {
    let fleet = Fleet::simulated(1, &[]).await;
    let id = fleet.place(&ada(), &[("1", 2)]).await;
    fleet.pass(10 * LATER).await;
    assert_eq!((end(&fleet, id).await, fleet.available("1").await), ((OrderState::Open, None), 3));
    assert_eq!(fleet.books().await, ["OPEN"]);
    fleet.cancel(&ada(), id).await;
    assert_eq!((end(&fleet, id).await, fleet.available("1").await), ((OrderState::Cancelled, None), 5));
    assert_eq!(fleet.told("stock", id).await, ["stock-reserved", "stock-released"]);
    assert_eq!(fleet.books().await, ["CANCELLED"]);
    fleet.shutdown().await;
}

/// An order for which orders has heard of the credit; then orders hears nothing while the goods are reserved
/// and expire. When it goes on, it opens the order before it hears of the expiry.
async fn goods_expired_before_the_opening(fleet: &Fleet) -> OrderId {
    fleet.hold_back("stock").await;
    let id = fleet.place(&ada(), &[("1", 2)]).await;
    fleet.pass(SOON).await;
    fleet.hold_back("orders").await;
    fleet.let_go("stock").await;
    fleet.pass(LATER).await;
    assert_eq!(fleet.told("stock", id).await, ["stock-reserved", "stock-reservation-expired"]);
    assert_eq!((end(fleet, id).await, fleet.available("1").await), ((OrderState::New, None), 5));
    id
}

#[tokio::test(start_paused = true)]
async fn an_order_that_opens_too_late_gets_its_goods_again_when_there_are_enough() {
    let fleet = Fleet::simulated(1, &["customers.reservation_ttl=1h"]).await;
    let id = goods_expired_before_the_opening(&fleet).await;
    let_go(&fleet, "orders").await;
    assert_eq!((end(&fleet, id).await, fleet.available("1").await), ((OrderState::Open, None), 3));
    let told = ["stock-reserved", "stock-reservation-expired", "stock-reserved"];
    assert_eq!(fleet.told("stock", id).await, told);
    fleet.pass(10 * LATER).await;
    assert_eq!(fleet.books().await, ["OPEN"]);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_opens_too_late_is_cancelled_when_its_credit_is_gone() {
    let fleet = Fleet::simulated(1, &["stock.reservation_ttl=1h"]).await;
    fleet.hold_back("customers").await;
    let id = fleet.place(&ada(), &[("1", 2)]).await;
    fleet.pass(SOON).await;
    fleet.hold_back("orders").await;
    fleet.let_go("customers").await;
    fleet.pass(LATER).await;
    assert_eq!(fleet.told("customers", id).await, ["credit-reserved", "credit-reservation-expired"]);
    fleet.limit(ACCOUNTS[0].id, 239).await;
    let_go(&fleet, "orders").await;
    assert_eq!((end(&fleet, id).await, fleet.available("1").await), ((OrderState::Cancelled, expired()), 5));
    let told = ["credit-reserved", "credit-reservation-expired", "credit-reservation-lost"];
    assert_eq!(fleet.told("customers", id).await, told);
    let told = ["order-placed", "order-opened", "order-cancellation-requested", "order-cancelled"];
    assert_eq!(fleet.told("orders", id).await, told);
    assert_eq!(fleet.told("stock", id).await, ["stock-reserved", "stock-released"]);
    assert_eq!(fleet.books().await, ["CANCELLED"]);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn the_expiry_belongs_to_the_process_of_the_order() {
    let fleet = Fleet::simulated(1, &[]).await;
    fleet.hold_back("customers").await;
    let id = fleet.place(&ada(), &[("1", 2)]).await;
    fleet.pass(LATER).await;
    let mut processes = Vec::new();
    for service in ["orders", "stock"] {
        let path = "/events?after=0&limit=1000";
        let all: Vec<tradewind_events::Recorded> = fleet.internal(service).get(path).await.unwrap();
        let ours = all.into_iter().filter(|each| each.event.partitionkey == format!("order-{id}"));
        processes.extend(ours.map(|each| each.event.correlationid));
    }
    assert_eq!(processes, [processes[0]; 4]);
    let_go(&fleet, "customers").await;
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_shop_at_rest_hardly_looks_for_what_is_over() {
    let fleet = Fleet::simulated(1, &[]).await;
    drop(fleet.order(&ada(), &[("1", 1)]).await);
    fleet.pass(LATER).await;
    let owners = ["stock", "customers"];
    let statements = || owners.map(|service| fleet.database(service).stats().statements);
    let before = statements();
    fleet.pass(4 * TTL).await;
    for (owner, (before, after)) in owners.into_iter().zip(before.into_iter().zip(statements())) {
        // Everybody who follows its log looks every ten seconds; the rest is upkeep: four sweeps, and every ten minutes
        // four statements for old events and one for old answers.
        let (spent, looks) = (after - before, followers(owner) * 4 * TTL.as_secs() / 10);
        assert!(
            spent > looks && spent <= looks + 4 + 6 * 5,
            "{owner}: {spent} statements, {looks} of them looks at the log"
        );
    }
    fleet.shutdown().await;
}

/// How many services follow the log of `owner`.
fn followers(owner: &str) -> u64 {
    let services = tradewind_fleet::services();
    let listens = services.iter().flat_map(|service| &service.description().listens);
    listens.filter(|one| one.producer == owner).count() as u64
}
