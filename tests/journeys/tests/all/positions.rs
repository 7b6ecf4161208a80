//! Position tokens: who says what was seen is never answered with less.

use tradewind_client::Seen;
use tradewind_customers_contract::{CustomerId, CustomersClient, RegisterCustomer};
use tradewind_journeys::{Fleet, user, wish};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_testkit::{Answer, Request};

/// Registers a customer and gives what whoever did it has seen.
async fn register(fleet: &Fleet, id: Id) -> Seen {
    let seen = Seen::default();
    let limit = Money::from_minor(100_000, Currency::GBP);
    let customer = RegisterCustomer { name: "Newcomer".to_owned(), credit_limit: limit };
    let customers = CustomersClient::new(fleet.internal("customers").seen(seen.clone()));
    customers.register(CustomerId::new(id), &customer, &format!("position-{id}")).await.unwrap();
    seen
}

async fn list(fleet: &Fleet, id: Id, token: &str, prefer: &str) -> Answer {
    let request = Request::new("GET", "/api/orders/v1/orders").bearer(&user(id));
    let request = request.header("Tradewind-Position", token).header("Prefer", prefer);
    request.send(fleet.door("orders/public")).await
}

#[tokio::test]
async fn a_reader_waits_is_told_or_takes_what_is_old() {
    let fleet = Fleet::start().await;
    let id = Id::from_u128(0x77);
    let held = fleet.hold("orders").await;
    let seen = register(&fleet, id).await;
    let token = seen.position().to_string();
    assert!(seen.position().get("customers").is_some(), "the answer to a command says where its events are");
    let refused = list(&fleet, id, &token, "wait=0").await;
    assert_eq!(refused.refused(503, "unavailable").map(drop), Ok(()));
    assert!(refused.header("retry-after").is_some());
    let stale = list(&fleet, id, &token, "stale").await;
    assert_eq!((stale.status, stale.header("tradewind-behind")), (200, Some("customers=1")));
    assert_eq!(list(&fleet, id, "%", "").await.refused(400, "invalid-header").map(drop), Ok(()));
    drop(held);
    // At once, and not refused as somebody unknown: what registered the customer is waited for.
    let request = Request::new("POST", "/api/orders/v1/orders").bearer(&user(id));
    let request = request.header("Tradewind-Position", &token).header("Idempotency-Key", "newcomer");
    let body = serde_json::to_string(&wish(&[("1", 1)])).unwrap();
    let placed = fleet.send(request.json(body)).await;
    assert_eq!(placed.status, 202, "{}", placed.text());
    assert!(placed.header("tradewind-position").is_some());
    fleet.quiet().await;
    let fresh = list(&fleet, id, &token, "stale").await;
    assert_eq!((fresh.status, fresh.header("tradewind-behind")), (200, None));
    fleet.shutdown().await;
}
