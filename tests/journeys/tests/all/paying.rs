//! Cards, charges and shipments, as a browser and the fleet use them before anybody orders by card.

use serde_json::json;
use tradewind_journeys::{Fleet, ada, grace, staff};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_provider_contract::{
    Authorise, CARDS_PATH, Card, ChargeState, DeclineReason, ProviderClient, Refund,
};
use tradewind_shipping_contract::{
    BookShipment, SHIPMENTS_PATH, ShipmentLine, ShipmentState, ShippingClient,
};
use tradewind_testkit::Request;

const ORDER: Id = Id::from_u128(7);
const ADA: &str = "01980000-0000-7000-8000-00000000000a";

async fn card(fleet: &Fleet, number: &str) -> Card {
    let body = json!({"number": number, "expiry": "12/99", "cvc": "123"});
    let answer = fleet.send(Request::new("POST", CARDS_PATH).json(body.to_string())).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    serde_json::from_str(&answer.text()).unwrap()
}

fn pounds(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

#[tokio::test]
async fn a_browser_gets_a_token_and_the_fleet_charges_its_card() {
    let fleet = Fleet::start().await;
    let provider = ProviderClient::new(fleet.internal("provider"));
    let card_of_ada = card(&fleet, "4242424242424242").await;
    assert_eq!((card_of_ada.last4.as_str(), card_of_ada.brand.as_str()), ("4242", "visa"));
    let ask = |card| Authorise { amount: pounds(1_500), card };
    provider.authorise(ORDER, &ask(card_of_ada.token)).await.unwrap();
    provider.capture(ORDER).await.unwrap();
    let half = Refund { amount: pounds(700) };
    let charge = provider.refund(ORDER, Id::from_u128(1), &half).await.unwrap();
    assert_eq!((charge.state, charge.refunded), (ChargeState::Captured, pounds(700)));
    let refused = provider.refund(ORDER, Id::from_u128(2), &Refund { amount: pounds(801) }).await;
    assert_eq!(refused.unwrap_err().code(), "refund-exceeds-capture");
    let declined = card(&fleet, "4000000000009995").await;
    let refused = provider.authorise(Id::from_u128(8), &ask(declined.token)).await.unwrap_err();
    assert_eq!(DeclineReason::of(&refused), Some(DeclineReason::InsufficientFunds));
    let all = provider.charges(None).await.unwrap();
    assert_eq!((all.items[0].clone(), all.items.len(), all.next), (charge, 2, None));
    let rest = provider.charges(Some(&ORDER.to_string())).await.unwrap();
    assert_eq!(rest.items[0].state, ChargeState::Declined);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_shipment_is_seen_by_its_owner_and_staff_and_nobody_else() {
    let fleet = Fleet::start_with(&["shipping.pretend_carrier.handed_over=0s"]).await;
    let shipping = ShippingClient::new(fleet.internal("shipping"));
    let lines = vec![ShipmentLine { product_id: "1".parse().unwrap(), quantity: 2 }];
    let booked = BookShipment { customer_id: ADA.parse().unwrap(), lines };
    let shipment = shipping.book(ORDER, &booked).await.unwrap();
    assert_eq!(shipping.book(ORDER, &booked).await.unwrap(), shipment);
    let seen = |token: String| ShippingClient::new(fleet.caller("gateway/data-plane", &token));
    for token in [ada(), staff()] {
        assert_eq!(seen(token).shipment(ORDER).await.unwrap(), shipment);
    }
    assert_eq!(seen(grace()).shipment(ORDER).await.unwrap_err().code(), "not-found");
    let anybody = Request::new("GET", &format!("{SHIPMENTS_PATH}/{ORDER}"));
    drop(fleet.send(anybody).await.refusal(401, "unauthenticated"));
    shipping.cancel(ORDER).await.unwrap();
    assert_eq!(seen(ada()).shipment(ORDER).await.unwrap().state, ShipmentState::Cancelled);
    assert_eq!(shipping.book(ORDER, &booked).await.unwrap_err().code(), "shipment-cancelled");
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_pretends_delivers_within_minutes() {
    let fleet = Fleet::simulated(7, &[]).await;
    let shipping = ShippingClient::new(fleet.internal("shipping"));
    let lines = vec![ShipmentLine { product_id: "1".parse().unwrap(), quantity: 2 }];
    shipping.book(ORDER, &BookShipment { customer_id: ADA.parse().unwrap(), lines }).await.unwrap();
    for (wait, state) in [(35, ShipmentState::HandedOver), (125, ShipmentState::Delivered)] {
        fleet.pass(std::time::Duration::from_secs(wait)).await;
        let seen = ShippingClient::new(fleet.caller("shipping", &ada())).shipment(ORDER).await;
        assert_eq!(seen.unwrap().state, state);
    }
    fleet.shutdown().await;
}
