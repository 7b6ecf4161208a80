//! What others do on the broker: messages that are no events, events twice and out of order, other queues.

use std::sync::{Arc, Mutex};

use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::{Value, json};
use tradewind_chassis::telemetry::{LogSettings, capture};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::{RabbitMq, until, within};

use super::pair::{LampDimmed, Pair, Place, Way};

/// What a test's services logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Lines {
    /// The first line with this in it.
    fn with(&self, part: &str) -> String {
        let lines = self.0.lock().unwrap();
        let found = lines.lines().find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no line has {part:?}:\n{lines}")).to_owned()
    }
}

/// Runs a test on one thread, and keeps what is logged there.
fn captured<F: Future<Output = ()>>(test: impl FnOnce(Lines) -> F) {
    let lines = Lines::default();
    let sink = {
        let lines = lines.clone();
        move |line: &str| lines.0.lock().unwrap().push_str(line)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let run = || runtime.block_on(test(lines));
    capture(&LogSettings::default(), None, sink, run).unwrap();
}

struct Stranger {
    _connection: Connection,
    channel: Channel,
    namespace: String,
    exchange: String,
    queue: String,
}

impl Stranger {
    async fn new(place: &Place) -> Self {
        let server = RabbitMq::shared().await;
        let url = server.url();
        let connecting = Connection::connect(&url, ConnectionProperties::default());
        let connection = within("a connection", connecting).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let exchange = format!("{}.lamps.events", place.namespace);
        let queue = format!("{}.watchers.lamps", place.namespace);
        Self { _connection: connection, channel, namespace: place.namespace.clone(), exchange, queue }
    }

    async fn publish(&self, body: &[u8], headers: &[(&str, i64)]) {
        let mut table = FieldTable::default();
        for (name, number) in headers {
            table.insert((*name).into(), AMQPValue::LongLongInt(*number));
        }
        let properties = BasicProperties::default()
            .with_headers(table)
            .with_type("a.strange.type".into())
            .with_message_id("the-id".into());
        let (exchange, options) = (self.exchange.as_str().into(), BasicPublishOptions::default());
        let sent =
            self.channel.basic_publish(exchange, "a.strange.type.00".into(), options, body, properties);
        assert!(within("a confirm", sent.await.unwrap()).await.unwrap().is_ack());
    }

    async fn dead_letters(&self) -> Vec<Vec<u8>> {
        let queue = format!("{}.dead-letters", self.namespace);
        let mut bodies = Vec::new();
        let options = BasicGetOptions { no_ack: true };
        while let Some(message) = self.channel.basic_get(queue.as_str().into(), options).await.unwrap() {
            bodies.push(message.delivery.data);
        }
        bodies
    }
}

async fn consuming(place: &Place) -> (Pair, Stranger) {
    let pair = place.pair().await;
    until("it consumes", async || (pair.watches("broker_consuming").await == 1).then_some(())).await;
    let stranger = Stranger::new(place).await;
    (pair, stranger)
}

fn event(kind: &str, count: i64) -> Value {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    json!({
        "specversion": "1.0",
        "id": entropy.id(&clock).to_string(),
        "source": "/tradewind/lamps",
        "type": kind,
        "time": "2026-01-01T00:00:00.000000Z",
        "datacontenttype": "application/json",
        "partitionkey": "x",
        "sequence": count,
        "correlationid": entropy.id(&clock).to_string(),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data": { "lamp": "x", "count": count },
    })
}

#[test]
fn a_message_that_is_no_event_is_a_dead_letter_and_the_rest_goes_on() {
    captured(dead_letters);
}

async fn dead_letters(lines: Lines) {
    let mut place = Place::new(Way::FarBroker, false).await;
    place.set(&["broker.max_message_bytes=2000"]);
    let (pair, stranger) = consuming(&place).await;
    pair.light_all(0..10).await;
    pair.has_seen(0..10).await;
    let place_in_log = [("tradewind-position", 1_000_000), ("tradewind-previous", 0)];
    let mut no_key = event("tradewind.lamps.lamp-lit.v1", 1);
    no_key.as_object_mut().unwrap().remove("partitionkey");
    let foreign = json!({ "source": "/tradewind/candles" });
    let mut elsewhere = event("tradewind.lamps.lamp-lit.v1", 1);
    elsewhere["source"] = foreign["source"].clone();
    let lit = event("tradewind.lamps.lamp-lit.v1", 1);
    let bodies: [Sent<'_>; 6] = [
        (b"hello".to_vec(), &place_in_log),
        (br#"{"lamp":"x"}"#.to_vec(), &place_in_log),
        (no_key.to_string().into_bytes(), &place_in_log),
        (elsewhere.to_string().into_bytes(), &place_in_log),
        (lit.to_string().into_bytes(), &[]),
        (vec![b' '; 2_001], &place_in_log),
    ];
    for (body, headers) in &bodies {
        stranger.publish(body, headers).await;
    }
    pair.light_all(10..20).await;
    pair.has_seen(0..20).await;
    until("all are refused", async || (pair.watches("broker_rejected_total").await == 6).then_some(())).await;
    let mut dead = Vec::new();
    until("all are kept", async || {
        dead.extend(stranger.dead_letters().await);
        (dead.len() == 6).then_some(())
    })
    .await;
    let sent: Vec<Vec<u8>> = bodies.into_iter().map(|(body, _)| body).collect();
    assert_eq!(dead, sent, "whole, and in their order");
    for reason in [
        "it is no CloudEvent in JSON: expected value",
        "it is no CloudEvent in JSON: missing field `specversion`",
        "it has no partitionkey",
        "its source is /tradewind/candles",
        "its header tradewind-position is missing",
        "it has 2001 bytes, and 2000 are accepted",
    ] {
        let line = lines.with(reason);
        assert!(
            line.contains(r#""level":"error""#) && line.contains("the-id") && line.contains("a.strange.type"),
            "{line}"
        );
    }
    pair.end().await;
}

#[test]
fn an_event_of_an_unknown_type_or_version_is_passed_over_and_named() {
    captured(unknown);
}

async fn unknown(lines: Lines) {
    let place = Place::new(Way::FarBroker, false).await;
    let (pair, stranger) = consuming(&place).await;
    pair.light_all(0..10).await;
    pair.has_seen(0..10).await;
    let head = tradewind_events::head(pair.producer()).await.unwrap();
    // As a newer producer would announce them; the log of this one goes on behind.
    for (at, kind) in [(1, "tradewind.lamps.lamp-lit.v9"), (2, "somebody.elses.v1")] {
        let headers = [("tradewind-position", head + at), ("tradewind-previous", head + at - 1)];
        stranger.publish(event(kind, 1).to_string().as_bytes(), &headers).await;
    }
    until("both are counted", async || (pair.watches("subscription_unknown_total").await == 2).then_some(()))
        .await;
    assert_eq!(pair.watches("broker_rejected_total").await, 0);
    assert!(lines.with("tradewind.lamps.lamp-lit.v9").contains("Version"));
    assert!(lines.with("somebody.elses.v1").contains("passed over"));
    pair.end().await;
}

/// What somebody publishes: a body, and numbers among the headers.
type Sent<'a> = (Vec<u8>, &'a [(&'a str, i64)]);

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_come_twice_or_out_of_order_or_not_at_all_do_no_harm() {
    let place = Place::new(Way::FarBroker, false).await;
    let (pair, stranger) = consuming(&place).await;
    // A copy of what goes to the subscription, to be sent again.
    let tap = format!("{}-tap", place.namespace);
    let declare = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let channel = &stranger.channel;
    channel.queue_declare(tap.as_str().into(), declare, FieldTable::default()).await.unwrap();
    let (exchange, bind) = (stranger.exchange.as_str(), QueueBindOptions::default());
    let binding =
        channel.queue_bind(tap.as_str().into(), exchange.into(), "#".into(), bind, FieldTable::default());
    binding.await.unwrap();
    pair.light_all(0..60).await;
    pair.has_seen(0..60).await;
    let mut copies = Vec::new();
    while let Some(message) =
        channel.basic_get(tap.as_str().into(), BasicGetOptions { no_ack: true }).await.unwrap()
    {
        copies.push((message.delivery.data.clone(), message.delivery.properties.clone()));
    }
    assert!(copies.len() >= 60);
    channel.queue_delete(tap.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    copies.reverse();
    for (body, properties) in &copies {
        let (to, options) = (stranger.queue.as_str().into(), BasicPublishOptions::default());
        let sent = channel.basic_publish("".into(), to, options, body, properties.clone()).await.unwrap();
        within("a confirm", sent).await.unwrap();
    }
    let before = pair.watches("broker_duplicates_total").await;
    pair.light_all(60..90).await;
    pair.has_seen(0..90).await;
    until("they are dropped", async || {
        (pair.watches("broker_duplicates_total").await >= 60.max(before)).then_some(())
    })
    .await;
    pair.end().await;
}

#[test]
fn a_queue_with_other_arguments_is_named_and_events_come_from_the_log_until_it_is_gone() {
    captured(other_arguments);
}

async fn other_arguments(lines: Lines) {
    let place = Place::new(Way::FarBroker, false).await;
    let stranger = Stranger::new(&place).await;
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let queue = || stranger.queue.as_str().into();
    stranger.channel.queue_declare(queue(), options, FieldTable::default()).await.unwrap();
    let pair = place.pair().await;
    pair.light_all(0..20).await;
    pair.has_seen(0..20).await;
    assert_eq!(pair.watches("broker_consuming").await, 0);
    let told = lines.with("exists on the broker with other arguments");
    for part in [stranger.queue.as_str(), "inequivalent arg", "broker.namespace"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    stranger.channel.queue_delete(queue(), QueueDeleteOptions::default()).await.unwrap();
    until("it consumes", async || (pair.watches("broker_consuming").await == 1).then_some(())).await;
    pair.light_all(20..40).await;
    pair.has_seen(0..40).await;
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handled_is_acknowledged_and_comes_from_the_queue() {
    let mut place = Place::new(Way::FarBroker, false).await;
    place.set(&["broker.prefetch=10"]);
    let (mut pair, stranger) = consuming(&place).await;
    // The relay has begun when the first message comes; from then on the log need not be read.
    until("a message", async || {
        pair.tell(LampDimmed { lamp: "x".to_owned() }).await;
        (pair.watches("broker_deliveries_total").await > 0).then_some(())
    })
    .await;
    pair.caught_up().await;
    let (delivered, fetched) =
        (pair.watches("broker_deliveries_total").await, pair.watches("broker_fetched_total").await);
    pair.light_all(0..200).await;
    pair.has_seen(0..200).await;
    assert!(pair.watches("broker_deliveries_total").await >= delivered + 200, "no more than ten at a time");
    assert_eq!(pair.watches("broker_fetched_total").await, fetched);
    pair.end_follower().await;
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue =
        stranger.channel.queue_declare(stranger.queue.as_str().into(), options, FieldTable::default());
    let left = queue.await.unwrap().message_count();
    assert!(left <= 10, "{left} messages are still there");
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_large_for_a_message_comes_from_the_log_in_its_place() {
    let mut place = Place::new(Way::FarBroker, false).await;
    place.set(&["broker.max_message_bytes=2000"]);
    let (pair, _) = consuming(&place).await;
    pair.light_all(0..10).await;
    pair.light(&"w".repeat(3_000), 10).await;
    pair.light_all(11..20).await;
    until("all effects", async || (pair.seen().await.len() == 20).then_some(())).await;
    let counts: Vec<i64> = pair.seen().await.into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, (0..20).collect::<Vec<_>>());
    assert_eq!(pair.tells("relay_left_out_total").await, 1);
    pair.end().await;
}
