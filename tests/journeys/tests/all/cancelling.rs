//! Calling orders off.

use tradewind_journeys::{Fleet, ada, staff};
use tradewind_kernel::{Currency, Money};
use tradewind_orders_contract::OrderState;

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

#[tokio::test]
async fn cancelling_an_open_order_releases_goods_and_credit() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("2", 2), ("1", 2)]).await;
    assert_eq!((order.state, fleet.available("2").await), (OrderState::Open, 0));
    fleet.cancel(&ada(), order.id).await;
    assert_eq!(fleet.orders(&ada()).order(order.id).await.unwrap().state, OrderState::Cancelled);
    assert_eq!((fleet.available("2").await, fleet.available("1").await), (2, 5));
    let account = fleet.account(&ada()).await;
    assert_eq!((account.reserved, account.available), (pence(0), pence(1500)));
    assert_eq!(fleet.told("stock", order.id).await, ["stock-reserved", "stock-released"]);
    assert_eq!(fleet.told("customers", order.id).await, ["credit-reserved", "credit-released"]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn cancelling_twice_is_the_same_as_once() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    let orders = fleet.orders(&ada());
    let first = orders.cancel(order.id, "a").await.unwrap();
    let again = orders.cancel(order.id, "a").await.unwrap();
    let anew = orders.cancel(order.id, "b").await.unwrap();
    fleet.comes_to(&ada(), order.id, |order| !order.cancelling).await;
    fleet.quiet().await;
    assert_eq!((first.id, &again, anew.id), (order.id, &first, order.id));
    let told = ["order-placed", "order-opened", "order-cancellation-requested", "order-cancelled"];
    assert_eq!(fleet.told("orders", order.id).await, told);
    assert_eq!(fleet.told("stock", order.id).await, ["stock-reserved", "stock-released"]);
    assert_eq!((fleet.available("1").await, fleet.account(&ada()).await.reserved), (5, pence(0)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_that_was_rejected_cannot_be_cancelled() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("4", 1)]).await;
    let refused = fleet.orders(&ada()).cancel(order.id, "a").await.unwrap_err();
    assert_eq!((refused.status(), refused.code()), (409, "order-not-open"));
    assert!(refused.caller_text().unwrap().contains("has ended"), "{refused}");
    assert_eq!(fleet.orders(&ada()).order(order.id).await.unwrap(), order);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_that_is_still_new_cannot_be_cancelled_yet() {
    let fleet = Fleet::start().await;
    let held = fleet.hold("customers").await;
    let id = fleet.place(&ada(), &[("1", 1)]).await;
    let refused = fleet.orders(&ada()).cancel(id, "too-early").await.unwrap_err();
    assert_eq!((refused.status(), refused.code()), (409, "order-not-open"));
    assert!(refused.caller_text().unwrap().contains("Try again"), "{refused}");
    drop(held);
    fleet.quiet().await;
    assert_eq!(fleet.orders(&ada()).order(id).await.unwrap().state, OrderState::Open);
    fleet.cancel(&ada(), id).await;
    assert_eq!(fleet.orders(&ada()).order(id).await.unwrap().state, OrderState::Cancelled);
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_can_cancel_for_a_customer() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    fleet.cancel(&staff(), order.id).await;
    assert_eq!(fleet.orders(&ada()).order(order.id).await.unwrap().state, OrderState::Cancelled);
    fleet.shutdown().await;
}
