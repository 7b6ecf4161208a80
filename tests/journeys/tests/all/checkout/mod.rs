//! From a cart to an order: what is quoted holds, what is taken is one order, and nobody redeems more than there is.

mod buying;
mod carts;
mod coupons;
mod expiring;
mod races;

use tradewind_journeys::Fleet;
use tradewind_kernel::{Currency, Money};
use tradewind_orders_contract::OrderId;
use tradewind_provider_contract::{Charge, ProviderClient};
use tradewind_testkit::Request;

/// A card that nothing is wrong with.
const GOOD: &str = "4242424242424242";

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

fn cents(minor: i64) -> Money {
    Money::from_minor(minor, "EUR".parse().unwrap())
}

/// The payment by a card of this number.
async fn by_card(fleet: &Fleet, number: &str) -> tradewind_cart_contract::Payment {
    let body = format!(r#"{{"number":"{number}","expiry":"12/99","cvc":"123"}}"#);
    let answer = fleet.send(Request::new("POST", "/api/provider/v1/cards").json(body)).await;
    let token = answer.json()["token"].as_str().unwrap().parse().unwrap();
    tradewind_cart_contract::Payment::Card { token }
}

async fn charge(fleet: &Fleet, order: OrderId) -> Charge {
    let caller = fleet.caller("provider/internal", fleet.secret().expose());
    ProviderClient::new(caller).charge(order.id()).await.unwrap()
}

/// A shop that fulfils at once.
async fn prompt(more: &[&str]) -> Fleet {
    let settings = ["orders.cancellation_window=0s", "shipping.pretend_carrier.handed_over=0s"];
    Fleet::start_with(&[&settings, more].concat()).await
}
