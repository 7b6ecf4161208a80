//! A broker that goes away, comes back, and closes connections: events are late at most.

use tradewind_chassis::Running;
use tradewind_testkit::{RabbitMq, until};

use super::pair::{Pair, Place, Way};

async fn is_consuming(pair: &Pair) {
    until("it consumes", async || (pair.watches("broker_consuming").await == 1).then_some(())).await;
}

/// Waits until the broker has all events.
async fn is_relayed(pair: &Pair) {
    let head = tradewind_events::head(pair.producer()).await.unwrap();
    let head = u64::try_from(head).unwrap();
    until("all is relayed", async || (pair.tells("relay_position").await >= head).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_costs_no_event_and_the_relay_catches_up() {
    let mut server = RabbitMq::start().await;
    let place = Place::on(Way::FarBroker, &server).await;
    let pair = place.pair().await;
    is_consuming(&pair).await;
    pair.light_all(0..50).await;
    pair.has_seen(0..50).await;
    is_relayed(&pair).await;
    server.kill().await;
    // Announcing and handling go on without it.
    pair.light_all(50..150).await;
    pair.has_seen(0..150).await;
    until("the relay is behind", async || (pair.tells("relay_lag").await >= 100).then_some(())).await;
    server.start_again().await;
    pair.light_all(150..200).await;
    pair.has_seen(0..200).await;
    is_relayed(&pair).await;
    is_consuming(&pair).await;
    let before = pair.watches("broker_fetched_total").await;
    until("the queue is empty", async || {
        pair.light("x", 1_000 + i64::try_from(pair.seen().await.len()).unwrap()).await;
        pair.caught_up().await;
        let counts: Vec<i64> = pair.seen().await.into_iter().map(|(_, count)| count).collect();
        assert!(counts.len() >= 200);
        (pair.watches("broker_deliveries_total").await > 50).then_some(())
    })
    .await;
    assert!(pair.watches("broker_fetched_total").await >= before);
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_starts_without_its_broker_and_finds_it_later() {
    let mut server = RabbitMq::start().await;
    let place = Place::on(Way::Broker, &server).await;
    server.stop().await;
    let pair = place.pair().await;
    pair.light_all(0..20).await;
    pair.has_seen(0..20).await;
    server.start_again().await;
    is_consuming(&pair).await;
    pair.light_all(20..40).await;
    pair.has_seen(0..40).await;
    is_relayed(&pair).await;
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_closed_by_force_are_made_anew() {
    let server = RabbitMq::start().await;
    let place = Place::on(Way::FarBroker, &server).await;
    let pair = place.pair().await;
    is_consuming(&pair).await;
    let connects = connects(&pair).await;
    for round in 0..3 {
        pair.light_all(round * 100..round * 100 + 50).await;
        server.ctl(&["close_all_connections", "for a test"]).await;
        pair.light_all(round * 100 + 50..round * 100 + 100).await;
        pair.has_seen(0..round * 100 + 100).await;
        is_relayed(&pair).await;
    }
    assert!(self::connects(&pair).await > connects);
    pair.end().await;
}

async fn connects(pair: &Pair) -> u64 {
    let of = |running: &Running| running.doors().first().map(|door| door.service.clone()).unwrap();
    let (one, other) = (&pair.one, pair.follower());
    super::pair::metric_of(one, &of(one), "broker_connects_total").await
        + super::pair::metric_of(other, &of(other), "broker_connects_total").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_deleted_is_declared_anew_and_what_it_held_comes_from_the_log() {
    let server = RabbitMq::shared().await;
    let place = Place::new(Way::FarBroker, false).await;
    let pair = place.pair().await;
    is_consuming(&pair).await;
    pair.light_all(0..20).await;
    pair.has_seen(0..20).await;
    let queue = format!("{}.watchers.lamps", place.namespace);
    server.ctl(&["delete_queue", &queue]).await;
    pair.light_all(20..40).await;
    pair.has_seen(0..40).await;
    is_consuming(&pair).await;
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_stops_nothing() {
    let server = RabbitMq::shared().await;
    let mut place = Place::new(Way::Broker, false).await;
    place.set(&["broker.password=wrong"]);
    let pair = place.pair().await;
    pair.light_all(0..20).await;
    pair.has_seen(0..20).await;
    let failures = async || super::pair::metric_of(&pair.one, "lamps", "broker_connect_failures_total").await;
    until("it was refused", async || (failures().await > 0).then_some(())).await;
    let log = super::pair::get(&pair.one, "lamps", "/metrics").await;
    assert!(!log.contains(server.password()) && !log.contains("wrong"));
    pair.end().await;
}
