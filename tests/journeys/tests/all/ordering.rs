//! Placing orders, and how they end.

use futures_util::future::join_all;
use serde_json::json;
use tradewind_catalogue_contract::ListProduct;
use tradewind_fleet::ACCOUNTS;
use tradewind_journeys::{Fleet, ada, grace, staff, wish};
use tradewind_kernel::{Currency, Money};
use tradewind_orders_contract::{Order, OrderState, PlaceOrder};
use tradewind_testkit::Request;

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

fn end(order: &Order) -> (OrderState, Option<&str>) {
    (order.state, order.reason.as_deref())
}

#[tokio::test]
async fn an_order_within_stock_and_credit_opens() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("2", 2), ("1", 2)]).await;
    assert_eq!(end(&order), (OrderState::Open, None));
    assert_eq!((order.total, order.customer_id), (pence(1060), ACCOUNTS[0].id));
    let lines = serde_json::to_value(&order.lines).unwrap();
    let line = |product: &str, sku: &str, name: &str, price: &str| {
        let price = json!({"amount": price, "currency": "GBP"});
        json!({"productId": product, "sku": sku, "name": name, "quantity": 2, "unitPrice": price})
    };
    let expected = [line("2", "34567890", "Sprocket", "4.10"), line("1", "12345678", "Widget", "1.20")];
    assert_eq!(lines, json!(expected));
    assert_eq!((fleet.available("2").await, fleet.available("1").await), (0, 3));
    let account = fleet.account(&ada()).await;
    assert_eq!((account.reserved, account.available), (pence(1060), pence(440)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_above_the_credit_limit_is_rejected_and_its_goods_are_released() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("3", 1)]).await;
    assert_eq!(end(&order), (OrderState::Rejected, Some("credit-limit-exceeded")));
    assert_eq!(fleet.told("stock", order.id).await, ["stock-reserved", "stock-released"]);
    assert_eq!(fleet.told("customers", order.id).await, ["credit-refused"]);
    assert_eq!(fleet.available("3").await, 999);
    assert_eq!(fleet.account(&ada()).await.reserved, pence(0));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_of_more_than_there_is_is_rejected_and_its_credit_is_released() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&grace(), &[("1", 1), ("2", 3)]).await;
    assert_eq!(end(&order), (OrderState::Rejected, Some("sold-out")));
    assert_eq!(fleet.told("stock", order.id).await, ["stock-refused"]);
    assert_eq!(fleet.told("customers", order.id).await, ["credit-reserved", "credit-released"]);
    assert_eq!(fleet.account(&grace()).await.available, pence(1500));
    assert_eq!((fleet.available("1").await, fleet.available("2").await), (5, 2));
    fleet.shutdown().await;
}

#[tokio::test]
async fn two_lines_of_one_product_count_together() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("2", 1), ("2", 1), ("2", 1)]).await;
    assert_eq!(end(&order), (OrderState::Rejected, Some("sold-out")));
    assert_eq!(fleet.available("2").await, 2);
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_out_of_stock_is_sold_out_until_goods_come_in() {
    let fleet = Fleet::start().await;
    let before = fleet.order(&ada(), &[("4", 1)]).await;
    assert_eq!(end(&before), (OrderState::Rejected, Some("sold-out")));
    fleet.receive("4", 3).await;
    assert_eq!(fleet.available("4").await, 3);
    let after = fleet.order(&ada(), &[("4", 1)]).await;
    assert_eq!(end(&after), (OrderState::Open, None));
    assert_eq!(fleet.available("4").await, 2);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_credit_limit_decides_from_the_moment_it_changes() {
    let fleet = Fleet::start().await;
    fleet.limit(ACCOUNTS[0].id, 4550).await;
    let within = fleet.order(&ada(), &[("3", 1)]).await;
    assert_eq!(end(&within), (OrderState::Open, None));
    fleet.limit(ACCOUNTS[0].id, 100).await;
    let account = fleet.account(&ada()).await;
    assert_eq!((account.reserved, account.available), (pence(4550), pence(0)));
    let beyond = fleet.order(&ada(), &[("1", 1)]).await;
    assert_eq!(end(&beyond), (OrderState::Rejected, Some("credit-limit-exceeded")));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_keeps_the_price_of_its_day() {
    let fleet = Fleet::start().await;
    let before = fleet.order(&ada(), &[("1", 1)]).await;
    let dearer = ListProduct {
        name: "Widget".into(),
        description: "Premium ACME Widgets".into(),
        price: pence(130),
        prices: Vec::new(),
    };
    fleet.catalogue().list(&"1".parse().unwrap(), &dearer, "dearer").await.unwrap();
    fleet.quiet().await;
    let after = fleet.order(&ada(), &[("1", 1)]).await;
    let before = fleet.orders(&ada()).order(before.id).await.unwrap();
    assert_eq!((before.total, after.total), (pence(120), pence(130)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn of_many_who_want_the_last_one_exactly_one_gets_it() {
    let fleet = Fleet::start().await;
    let mut tokens = Vec::new();
    for number in 1..=8 {
        tokens.push(fleet.customer(number, 100_000).await);
    }
    let placed = join_all(tokens.iter().map(|token| fleet.place(token, &[("5", 1)]))).await;
    fleet.quiet().await;
    let mut ends = Vec::new();
    for (token, id) in tokens.iter().zip(placed) {
        let order = fleet.orders(token).order(id).await.unwrap();
        let reserved = fleet.account(token).await.reserved;
        ends.push((order.state, order.reason.unwrap_or_default(), reserved));
    }
    let open = ends.iter().filter(|end| **end == (OrderState::Open, String::new(), pence(15410))).count();
    let out =
        ends.iter().filter(|end| **end == (OrderState::Rejected, "sold-out".to_owned(), pence(0))).count();
    assert_eq!((open, out, fleet.available("5").await), (1, 7, 0), "{ends:?}");
    fleet.shutdown().await;
}

/// The short form of `tradewind-load flash-sale`.
#[tokio::test]
async fn of_a_hundred_at_once_as_many_are_served_as_there_are_pieces() {
    let fleet = Fleet::start().await;
    fleet.limit(ACCOUNTS[0].id, 1_000_000).await;
    fleet.receive("4", 10).await;
    let token = ada();
    let placed = join_all((0..100).map(|_| fleet.place(&token, &[("4", 1)]))).await;
    fleet.quiet().await;
    let (mut open, mut sold_out) = (0, 0);
    for id in placed {
        let order = fleet.orders(&token).order(id).await.unwrap();
        open += u32::from(end(&order) == (OrderState::Open, None));
        sold_out += u32::from(end(&order) == (OrderState::Rejected, Some("sold-out")));
    }
    assert_eq!((open, sold_out, fleet.available("4").await), (10, 90, 0));
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_order_for_a_customer_and_users_for_themselves_only() {
    let fleet = Fleet::start().await;
    let named = |id| PlaceOrder { customer_id: Some(id), ..wish(&[("1", 1)]) };
    let theirs = fleet.orders(&staff()).place(&named(ACCOUNTS[0].id), "a").await.unwrap();
    fleet.quiet().await;
    let order = fleet.orders(&ada()).order(theirs.id).await.unwrap();
    assert_eq!((order.customer_id, order.state), (ACCOUNTS[0].id, OrderState::Open));
    assert!(fleet.orders(&ada()).place(&named(ACCOUNTS[0].id), "b").await.is_ok());
    let foreign = fleet.orders(&ada()).place(&named(ACCOUNTS[1].id), "c").await.unwrap_err();
    assert_eq!((foreign.status(), foreign.code()), (403, "forbidden"));
    let nobodys = fleet.orders(&staff()).place(&wish(&[("1", 1)]), "d").await.unwrap_err();
    assert_eq!((nobodys.code(), nobodys.errors()[0].pointer.as_str()), ("invalid-body", "/customerId"));
    fleet.shutdown().await;
}

fn waiting(key: &str, seconds: u8) -> Request {
    let request = Request::new("POST", "/api/orders/v1/orders").bearer(&ada());
    let request = request.json(r#"{"lines":[{"productId":"1","quantity":1}]}"#);
    request.header("Idempotency-Key", key).header("Prefer", format!("wait={seconds}"))
}

#[tokio::test]
async fn who_prefers_to_wait_is_answered_when_the_order_is_decided() {
    let fleet = Fleet::start().await;
    let answer = fleet.send(waiting("a", 2)).await;
    assert_eq!((answer.status, answer.header("preference-applied")), (202, Some("wait=2")));
    let shown = fleet.send(Request::new("GET", answer.header("location").unwrap()).bearer(&ada())).await;
    assert_eq!(shown.json()["state"], "OPEN");
    fleet.shutdown().await;
}

#[tokio::test]
async fn who_prefers_to_wait_is_answered_even_when_nothing_is_decided() {
    let fleet = Fleet::start().await;
    let held = fleet.hold("customers").await;
    let answer = fleet.send(waiting("a", 1)).await;
    let shown = fleet.send(Request::new("GET", answer.header("location").unwrap()).bearer(&ada())).await;
    assert_eq!((answer.status, &shown.json()["state"]), (202, &json!("NEW")));
    drop(held);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_wait_leaves_time_for_the_answer_before_the_deadline() {
    let fleet = Fleet::start().await;
    let held = fleet.hold("customers").await;
    let requests = (0..8).map(|number| {
        let request = waiting(&format!("key-{number}"), 2).header("Tradewind-Timeout-Ms", "2000");
        fleet.send(request)
    });
    let answers: Vec<u16> = join_all(requests).await.iter().map(|answer| answer.status).collect();
    assert_eq!(answers, [202; 8]);
    drop(held);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_is_new_until_both_have_answered() {
    let fleet = Fleet::start().await;
    let held = fleet.hold("customers").await;
    let id = fleet.place(&ada(), &[("1", 1)]).await;
    let order = fleet.orders(&ada()).order(id).await.unwrap();
    assert_eq!((order.state, order.total), (OrderState::New, pence(120)));
    drop(held);
    fleet.quiet().await;
    let order = fleet.orders(&ada()).order(id).await.unwrap();
    assert_eq!(order.state, OrderState::Open);
    assert!(order.updated_at > order.placed_at, "{order:?}");
    fleet.shutdown().await;
}
