//! What becomes of an open order: on account and by card, completed and called off.

use tradewind_journeys::{Fleet, ada, staff};
use tradewind_kernel::{Currency, Money};
use tradewind_orders_contract::{Order, OrderState};
use tradewind_payments_contract::{PaymentState, PaymentsClient, RefundPayment};
use tradewind_provider_contract::{Charge, ProviderClient};
use tradewind_shipping_contract::{ShipmentState, ShippingClient};

use crate::cards::{GOOD, card};

/// A card that has no money.
const EMPTY: &str = "4000000000009995";

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

async fn charge(fleet: &Fleet, order: &Order) -> Charge {
    let caller = fleet.caller("provider/internal", fleet.secret().expose());
    ProviderClient::new(caller).charge(order.id.id()).await.unwrap()
}

async fn prompt() -> Fleet {
    Fleet::start_with(&["orders.cancellation_window=0s", "shipping.pretend_carrier.handed_over=0s"]).await
}

#[tokio::test]
async fn an_order_on_account_is_invoiced_picked_and_sent() {
    let fleet = prompt().await;
    let order = fleet.order(&ada(), &[("2", 1), ("1", 2)]).await;
    let order = fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
    fleet.quiet().await;
    let account = fleet.account(&ada()).await;
    assert_eq!((account.reserved, account.owed), (pence(0), order.total));
    assert_eq!((fleet.available("2").await, fleet.available("1").await), (1, 3));
    let shipment = ShippingClient::new(fleet.caller("gateway/data-plane", &ada()));
    assert_eq!(shipment.shipment(order.id.id()).await.unwrap().state, ShipmentState::Booked);
    let told = ["order-placed", "order-opened", "order-completed"];
    assert_eq!(fleet.told("orders", order.id).await, told);
    let too_late = fleet.orders(&ada()).cancel(order.id, "too-late").await.unwrap_err();
    assert_eq!(too_late.code(), "order-not-open");
    assert!(too_late.caller_text().unwrap().contains("on their way"), "{too_late}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_by_card_is_charged_once_and_given_back_in_parts_at_most_once() {
    let fleet = prompt().await;
    let token = card(&fleet, GOOD).await;
    let order = fleet.order_by_card(&ada(), &[("2", 2)], &token).await;
    let order = fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
    let charged = charge(&fleet, &order).await;
    assert_eq!((charged.captured, charged.refunded), (order.total, pence(0)));
    assert_eq!(fleet.account(&ada()).await.owed, pence(0));
    let mine = PaymentsClient::new(fleet.caller("gateway/data-plane", &ada()));
    assert_eq!(mine.payment(order.id.id()).await.unwrap().state, PaymentState::Captured);
    let desk = PaymentsClient::new(fleet.caller("gateway/data-plane", &staff()));
    let part = RefundPayment { amount: pence(100) };
    let first = desk.refund(order.id.id(), &part, "a").await.unwrap();
    assert_eq!(first, desk.refund(order.id.id(), &part, "a").await.unwrap());
    let rest = RefundPayment { amount: pence(order.total.minor() - 99) };
    let refused = desk.refund(order.id.id(), &rest, "b").await.unwrap_err();
    assert_eq!(refused.code(), "refund-exceeds-capture");
    assert_eq!(mine.refund(order.id.id(), &part, "c").await.unwrap_err().status(), 403);
    let clock = fleet.clock();
    while charge(&fleet, &order).await.refunded != pence(100) {
        clock.sleep(std::time::Duration::from_millis(20)).await;
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_by_a_card_that_refuses_is_rejected_and_holds_nothing() {
    let fleet = prompt().await;
    let token = card(&fleet, EMPTY).await;
    let order = fleet.order_by_card(&ada(), &[("2", 2)], &token).await;
    assert_eq!((order.state, order.reason.as_deref()), (OrderState::Rejected, Some("card-declined")));
    fleet.quiet().await;
    assert_eq!(fleet.available("2").await, 2);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_by_card_that_is_called_off_is_not_charged() {
    let fleet = Fleet::start().await;
    let token = card(&fleet, GOOD).await;
    let order = fleet.order_by_card(&ada(), &[("2", 2)], &token).await;
    assert_eq!((order.state, charge(&fleet, &order).await.captured), (OrderState::Open, pence(0)));
    fleet.cancel(&ada(), order.id).await;
    let ended = fleet.orders(&ada()).order(order.id).await.unwrap();
    assert_eq!((ended.state, ended.reason), (OrderState::Cancelled, None));
    let clock = fleet.clock();
    while charge(&fleet, &order).await.state != tradewind_provider_contract::ChargeState::Cancelled {
        clock.sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(fleet.available("2").await, 2);
    fleet.shutdown().await;
}

#[tokio::test]
async fn nobody_sees_what_another_has_paid_or_is_sent() {
    let fleet = prompt().await;
    let token = card(&fleet, GOOD).await;
    let order = fleet.order_by_card(&ada(), &[("2", 1)], &token).await;
    fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
    let other = fleet.caller("gateway/data-plane", &tradewind_journeys::grace());
    let payment = PaymentsClient::new(other.clone()).payment(order.id.id()).await.unwrap_err();
    let shipment = ShippingClient::new(other).shipment(order.id.id()).await.unwrap_err();
    assert_eq!((payment.status(), shipment.status()), (404, 404));
    fleet.shutdown().await;
}
