//! Commands happen once, however often they are sent.

use futures_util::future::{join_all, select_all};
use serde_json::Value;
use tradewind_journeys::{Fleet, ada, grace};
use tradewind_testkit::{Answer, Request};

const ONE: &str = r#"{"lines":[{"productId":"1","quantity":1}]}"#;

fn order(token: &str, key: &str, body: &str) -> Request {
    Request::new("POST", "/api/orders/v1/orders").bearer(token).header("Idempotency-Key", key).json(body)
}

fn id(answer: &Answer) -> Value {
    answer.json()["id"].clone()
}

#[tokio::test]
async fn the_same_key_and_body_give_the_same_answer() {
    let fleet = Fleet::start().await;
    let first = fleet.send(order(&ada(), "a", ONE)).await;
    let other_text = r#" { "lines" : [ {"quantity":1, "productId":"1"} ] } "#;
    for body in [ONE, other_text] {
        let again = fleet.send(order(&ada(), "a", body)).await;
        assert_eq!((again.status, &again.body), (202, &first.body));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(fleet.orders(&ada()).orders().await.unwrap().items.len(), 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let fleet = Fleet::start().await;
    fleet.send(order(&ada(), "a", ONE)).await;
    let other = fleet.send(order(&ada(), "a", &ONE.replace("\"1\"", "\"2\""))).await;
    drop(other.refusal(422, "idempotency-key-reused"));
    assert_eq!(fleet.orders(&ada()).orders().await.unwrap().items.len(), 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_key_sent_twenty_times_at_once_gives_one_order_and_one_answer() {
    let fleet = Fleet::start().await;
    let answers = join_all((0..20).map(|_| fleet.send(order(&ada(), "a", ONE)))).await;
    let (accepted, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 202);
    let first = accepted.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count();
    assert_eq!(first, 1);
    assert!(accepted.iter().all(|answer| answer.body == accepted[0].body), "{accepted:?}");
    for answer in refused {
        assert_eq!(answer.header("retry-after"), Some("1"));
        drop(answer.refusal(409, "idempotency-key-in-flight"));
    }
    let later = fleet.send(order(&ada(), "a", ONE)).await;
    assert_eq!((later.status, &later.body), (202, &accepted[0].body));
    assert_eq!(fleet.orders(&ada()).orders().await.unwrap().items.len(), 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn while_a_command_is_carried_out_its_key_is_in_flight() {
    let fleet = Fleet::start().await;
    let held = fleet.hold("orders").await;
    let pair = [fleet.send(order(&ada(), "a", ONE)), fleet.send(order(&ada(), "a", ONE))].map(Box::pin);
    let (second, _, first) = select_all(pair).await;
    drop(second.refusal(409, "idempotency-key-in-flight"));
    let other = fleet.send(order(&ada(), "a", &ONE.replace("\"1\"", "\"2\""))).await;
    drop(other.refusal(422, "idempotency-key-reused"));
    drop(held);
    let first = join_all(first).await.remove(0);
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, None));
    let again = fleet.send(order(&ada(), "a", ONE)).await;
    assert_eq!((again.status, &again.body), (202, &first.body));
    fleet.shutdown().await;
}

#[tokio::test]
async fn one_key_means_something_else_for_somebody_else() {
    let fleet = Fleet::start().await;
    let (hers, his) =
        (fleet.send(order(&ada(), "a", ONE)).await, fleet.send(order(&grace(), "a", ONE)).await);
    assert_eq!((hers.status, his.status, his.header("idempotent-replayed")), (202, 202, None));
    assert_ne!(id(&hers), id(&his));
    fleet.shutdown().await;
}

#[tokio::test]
async fn quotes_around_a_key_change_nothing() {
    let fleet = Fleet::start().await;
    let bare = fleet.send(order(&ada(), "a", ONE)).await;
    let quoted = fleet.send(order(&ada(), "\"a\"", ONE)).await;
    assert_eq!((quoted.header("idempotent-replayed"), &quoted.body), (Some("true"), &bare.body));
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_refusal_is_given_again_although_the_reason_has_gone() {
    let fleet = Fleet::start().await;
    let body = r#"{"lines":[{"productId":"new","quantity":1}]}"#;
    let first = fleet.send(order(&ada(), "a", body)).await;
    drop(first.refusal(422, "unknown-product"));
    let product = tradewind_catalogue_contract::ListProduct {
        name: "New".into(),
        description: String::new(),
        price: tradewind_kernel::Money::from_minor(1, tradewind_kernel::Currency::GBP),
        prices: Vec::new(),
    };
    fleet.catalogue().list(&"new".parse().unwrap(), &product, "new").await.unwrap();
    fleet.quiet().await;
    let again = fleet.send(order(&ada(), "a", body)).await;
    drop(again.refusal(422, "unknown-product"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(fleet.send(order(&ada(), "b", body)).await.status, 202);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_key_that_came_with_a_broken_request_is_not_used_up() {
    let fleet = Fleet::start().await;
    drop(fleet.send(order(&ada(), "a", "{")).await.refusal(400, "malformed-json"));
    drop(fleet.send(order(&ada(), "a", "{}")).await.refusal(422, "invalid-body"));
    let good = fleet.send(order(&ada(), "a", ONE)).await;
    assert_eq!((good.status, good.header("idempotent-replayed")), (202, None));
    fleet.shutdown().await;
}

/// A receipt of ten of a product, with this key and this number of a delivery note.
async fn receive(fleet: &Fleet, product: &str, key: &str, note: Option<&str>) -> Answer {
    let note = note.map(|note| format!(r#","reference":"{note}""#)).unwrap_or_default();
    let request = Request::new("POST", &format!("/admin/items/{product}/receipts"));
    let request = request.bearer(fleet.secret().expose()).header("Idempotency-Key", key);
    request.json(format!(r#"{{"quantity":10{note}}}"#)).send(fleet.door("stock/internal")).await
}

#[tokio::test]
async fn a_receipt_sent_twice_is_counted_once() {
    let fleet = Fleet::start().await;
    let (first, again) = (receive(&fleet, "1", "a", None).await, receive(&fleet, "1", "a", None).await);
    assert_eq!((first.status, again.status, &first.body), (200, 200, &again.body));
    assert_eq!(fleet.available("1").await, 15);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_delivery_note_is_booked_once_whatever_the_key() {
    let fleet = Fleet::start().await;
    for key in ["a", "b", "b"] {
        assert_eq!(receive(&fleet, "1", key, Some("note-7")).await.status, 200);
        assert_eq!(fleet.available("1").await, 15);
    }
    assert_eq!(receive(&fleet, "1", "c", Some("note-8")).await.status, 200);
    assert_eq!(fleet.available("1").await, 25);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_delivery_note_with_another_quantity_is_refused() {
    let fleet = Fleet::start().await;
    assert_eq!(receive(&fleet, "1", "a", Some("note-7")).await.status, 200);
    let request = Request::new("POST", "/admin/items/1/receipts");
    let request = request.bearer(fleet.secret().expose()).header("Idempotency-Key", "b");
    let body = r#"{"quantity":11,"reference":"note-7"}"#.to_owned();
    assert_eq!(request.json(body).send(fleet.door("stock/internal")).await.status, 409);
    assert_eq!(fleet.available("1").await, 15);
    fleet.shutdown().await;
}

#[tokio::test]
async fn goods_that_are_said_to_be_booked_are_booked() {
    let fleet = Fleet::start().await;
    assert_eq!(receive(&fleet, "1", "a", Some("note-7")).await.status, 200);
    let other = receive(&fleet, "2", "b", Some("note-7")).await;
    let booked = fleet.available("2").await == 12;
    assert_eq!(other.status == 200, booked, "{}", other.text());
    fleet.shutdown().await;
}
