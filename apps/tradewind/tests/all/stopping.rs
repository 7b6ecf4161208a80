//! The end: asked for, asked for twice, and not asked for at all.

use tradewind_testkit::{Connection, Request, until};

use crate::books::{agree, give_credit, order};
use crate::support::{ADA, Place};

async fn a_signal_under_load_loses_nothing(signal: &str) {
    let place = Place::new();
    let up = place.up(&[]).await;
    give_credit(&up).await;
    let load = order(&up, "first").await;
    up.process.signal(signal).await;
    let ended = up.process.ended().await;
    let accepted = load.end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.errors.contains("stopped"), "{}", ended.errors);
    let up = place.up(&[]).await;
    agree(&up, &accepted).await;
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_term_signal_under_load_loses_nothing() {
    a_signal_under_load_loses_nothing("TERM").await;
}

#[tokio::test]
async fn an_interrupt_under_load_loses_nothing() {
    a_signal_under_load_loses_nothing("INT").await;
}

#[tokio::test]
async fn what_was_accepted_survives_being_killed_twice() {
    let place = Place::new();
    let mut accepted = Vec::new();
    for life in ["first", "second"] {
        let up = place.up(&[]).await;
        give_credit(&up).await;
        let load = order(&up, life).await;
        up.process.signal("KILL").await;
        assert_eq!(up.process.ended().await.code, None);
        accepted.extend(load.end().await);
    }
    let up = place.up(&[]).await;
    agree(&up, &accepted).await;
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn while_balancers_are_waited_for_the_fleet_is_not_ready_and_serves() {
    let place = Place::new();
    let mut up = place.up(&["--set", "shutdown.balancer_wait=15s"]).await;
    let (gateway, orders) = (up.door("gateway/data-plane"), up.door("orders/internal"));
    let ready = Request::new("GET", "/readyz");
    assert_eq!(ready.send(orders).await.status, 200);
    up.process.signal("TERM").await;
    up.process.says("stopping: ").await;
    until("not ready", async || (ready.send(orders).await.status == 503).then_some(())).await;
    let body = r#"{"lines":[{"productId":"1","quantity":1}]}"#;
    let place_order = Request::new("POST", "/api/orders/v1/orders").bearer(ADA).json(body);
    let answer = place_order.header("Idempotency-Key", "late").send(gateway).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    up.process.signal("TERM").await;
    let ended = up.process.ended().await;
    assert_eq!(ended.code, Some(130), "{}", ended.errors);
    let up = place.up(&[]).await;
    assert_eq!(up.get(answer.header("location").unwrap()).await.status, 200);
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_drain_that_takes_too_long_ends_by_force_and_says_so() {
    let place = Place::new();
    let more = ["--set", "shutdown.balancer_wait=60s", "--set", "shutdown.deadline=200ms"];
    let ended = place.up(&more).await.stop().await;
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains("stopped at the deadline"), "{}", ended.errors);
    assert_eq!(place.up(&[]).await.stop().await.code, Some(0));
}

#[tokio::test]
async fn who_waits_for_events_does_not_hold_up_the_end() {
    let place = Place::new();
    // A reader of the feed is kept waiting for five seconds.
    let up = place.up(&["--set", "shutdown.deadline=3s"]).await;
    let mut reader = Connection::open(up.door("orders/internal")).await;
    reader.send(&Request::new("GET", "/events").bearer(&up.secret()).to_bytes()).await;
    // Doors accept one after the other: the reader is served when this one has been.
    assert_eq!(Request::new("GET", "/livez").send(up.door("orders/internal")).await.status, 200);
    let ended = up.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(reader.answer().await.unwrap().text(), "[]");
}
