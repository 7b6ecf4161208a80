//! `logs`, `events` and `traces` of a fleet that runs.

use serde_json::Value;
use tradewind_testkit::{Request, until};

use crate::support::{ADA, Place, Up};

/// Places an order and waits until it is decided; gives its id.
async fn order(up: &Up, key: &str) -> String {
    let request = Request::new("POST", "/api/orders/v1/orders").bearer(ADA).header("Idempotency-Key", key);
    let request = request.header("Prefer", "wait=2").json(r#"{"lines":[{"productId":"1","quantity":1}]}"#);
    let answer = request.send(up.door("gateway/data-plane")).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    until("the order is decided", async || {
        let order = up.get(&format!("/api/orders/v1/orders/{id}")).await.json();
        (order["state"] == "OPEN").then_some(())
    })
    .await;
    id
}

/// Runs a command on the fleet's folder that ends well and prints no errors.
async fn shown(place: &Place, arguments: &[&str]) -> String {
    let ended = place.run(&[arguments, &["--data", "data"]].concat()).await;
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{arguments:?}");
    ended.output
}

fn documents(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn what_belongs_to_one_order_is_shown_and_nothing_of_another() {
    let place = Place::new();
    let up = place.up(&["--set", "log.level=debug"]).await;
    let (one, two) = (order(&up, "one").await, order(&up, "two").await);
    let events = documents(&shown(&place, &["events", "--order", &one, "--json"]).await);
    let kinds = events.iter().map(|each| each["event"]["type"].as_str().unwrap());
    // Whom the customer hears of it from has no part in it, and may come to it later.
    let kinds: Vec<&str> = kinds.filter(|kind| !kind.starts_with("tradewind.notification.")).collect();
    assert_eq!(kinds.first(), Some(&"tradewind.orders.order-placed.v1"));
    assert_eq!(kinds.last(), Some(&"tradewind.orders.order-opened.v1"));
    // Beside the reservations of both what shoppers are told of what is left.
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    let correlation = events[0]["event"]["correlationid"].clone();
    assert!(events.iter().all(|each| each["event"]["correlationid"] == correlation));
    let text = shown(&place, &["events", "--order", &one]).await;
    assert!(text.contains(&one) && !text.contains(&two), "{text}");

    let lines = documents(&shown(&place, &["logs", "--order", &one, "--json"]).await);
    assert!(lines.iter().all(|line| line["correlation"] == correlation), "{lines:?}");
    let services: Vec<&str> = lines.iter().map(|line| line["service"].as_str().unwrap()).collect();
    for service in ["gateway", "orders", "stock", "customers"] {
        assert!(services.contains(&service), "{service} is not among {services:?}");
    }
    let times: Vec<&str> = lines.iter().map(|line| line["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let all = documents(&shown(&place, &["logs", "--service", "orders,stock", "--json"]).await);
    assert!(all.iter().any(|line| line["correlation"] != correlation));
    assert!(all.iter().all(|line| line["service"] == "orders" || line["service"] == "stock"));

    let spans = documents(&shown(&place, &["traces", "--order", &one, "--json"]).await);
    assert!(spans.len() > 5 && spans.iter().all(|span| span["correlation"] == correlation));
    let text = shown(&place, &["traces", "--order", &one]).await;
    assert_eq!(text.lines().filter(|line| line.starts_with("trace ")).count(), 1, "{text}");
    for part in ["POST /api/orders/v1/*", "tradewind.orders.order-placed.v1", "customers", "==="] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn following_shows_what_comes_until_it_is_interrupted() {
    let place = Place::new();
    let up = place.up(&[]).await;
    let mut following = place.start(&["events", "-f", "--limit", "1", "--data", "data"], &[]);
    following.says("tradewind.").await;
    let mut traces = place.start(&["traces", "-f", "--limit", "1", "--data", "data"], &[]);
    traces.says("trace ").await;
    let id = order(&up, "one").await;
    following.says(&format!("tradewind.orders.order-opened.v1 order-{id}")).await;
    traces.says("tradewind.orders.order-placed.v1").await;
    for process in [following, traces] {
        process.signal("INT").await;
        let ended = process.ended().await;
        assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    }
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn bounds_are_kept_and_nothing_to_show_is_said() {
    let place = Place::new();
    let up = place.up(&[]).await;
    assert_eq!(shown(&place, &["events", "--limit", "3"]).await.lines().count(), 3);
    let ended = place.run(&["logs", "--since", "2099-01-01T00:00:00Z", "--data", "data"]).await;
    assert_eq!((ended.code, ended.output.as_str()), (Some(0), ""));
    assert!(ended.errors.starts_with("No log lines yet. Requests are logged at debug"), "{}", ended.errors);
    assert_eq!(shown(&place, &["events", "--since", "2099-01-01T00:00:00Z", "--json"]).await, "");
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn what_cannot_be_watched_is_said_with_what_to_do() {
    let place = Place::new();
    for command in ["logs", "events", "traces"] {
        let ended = place.run(&[command, "--data", "data"]).await;
        assert_eq!((ended.code, ended.output.as_str()), (Some(1), ""));
        assert!(ended.errors.contains("`tradewind up`"), "{}", ended.errors);
    }
    let up = place.up(&[]).await;
    let nobody = "01980000-0000-7000-8000-0000000000ff";
    for (arguments, code, part) in [
        (&["logs", "--service", "shop"][..], 1, "known are: catalogue"),
        (&["events", "--order", nobody], 1, nobody),
        (&["events", "--order", "x"], 2, "not an id"),
        (&["traces", "--since", "yesterday"], 2, "15m"),
        (&["traces", "--limit", "0"], 2, "0"),
    ] {
        let ended = place.run(&[arguments, &["--data", "data"]].concat()).await;
        assert_eq!((ended.code, ended.output.as_str()), (Some(code), ""), "{arguments:?}");
        assert!(ended.errors.contains(part), "{part}: {}", ended.errors);
    }
    assert_eq!(up.stop().await.code, Some(0));
}
