//! How fast a log is relayed to the broker, beside a client that publishes the same messages and does nothing else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind, PublisherConfirm,
};
use tradewind_amqp::{Broker, BrokerOptions, RelayCounts};
use tradewind_db::{Db, lease};
use tradewind_events::{Feed, LogFeed, RelayOptions, RelayProgress};
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_testkit::{Postgres, RabbitMq};

use crate::backlog;
use crate::figures::{Figures, median};

/// The share of the client's pace that a relay should reach, in percent.
const TARGET: f64 = 60.0;

/// Messages on the way without a confirmation, for both.
const WINDOW: u16 = 512;

/// How long one drain may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Kept on disk by the broker.
const PERSISTENT: u8 = 2;

/// The service whose log it is.
const PRODUCER: &str = "backlog";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) events: u32,
    pub(crate) rounds: u32,
}

/// What both publish.
struct Sample {
    body: Vec<u8>,
    properties: BasicProperties,
    key: String,
}

struct Rig {
    postgres: Postgres,
    rabbitmq: RabbitMq,
    db: Db,
    channel: Channel,
    _connection: Connection,
}

pub(crate) async fn run(options: Options) -> Result<Figures, String> {
    let Options { events, rounds } = options;
    println!(
        "relay: {events} events of a log on PostgreSQL to a quorum queue, and as many messages of the same size from \
         one client; window {WINDOW}, mandatory, persistent; {rounds} rounds of each, in turn"
    );
    let rig = rig(events).await?;
    let sample = sample(&rig.db).await?;
    println!("relay: a message has {} bytes and two headers", sample.body.len());
    let (mut raw, mut relayed) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        raw.push(f64::from(events) / publish(&rig, &sample, events, round).await?);
        relayed.push(f64::from(events) / relay(&rig, events, round).await?);
        println!(
            "relay: round {round}: {:.0} published/s, {:.0} relayed/s",
            raw[raw.len() - 1],
            relayed[relayed.len() - 1]
        );
    }
    let (raw, relayed) = (median(raw), median(relayed));
    let mut figures = Figures::default();
    figures.note("messages_published_per_second", raw);
    figures.note("events_relayed_per_second", relayed);
    figures.pace_at_least("percent_of_raw_publishes", 100.0 * relayed / raw, TARGET);
    Ok(figures)
}

async fn rig(events: u32) -> Result<Rig, String> {
    let (postgres, rabbitmq) = (crate::servers::postgres().await, RabbitMq::start().await);
    let sets = [lease::MIGRATIONS, tradewind_events::MIGRATIONS];
    let db = backlog::database(&postgres, "producer", &sets).await?;
    backlog::write(&postgres, events).await;
    let connection =
        Connection::connect(&rabbitmq.url(), ConnectionProperties::default()).await.map_err(said)?;
    let channel = connection.create_channel().await.map_err(said)?;
    Ok(Rig { postgres, rabbitmq, db, channel, _connection: connection })
}

/// The first event of the log, as the relay writes it.
async fn sample(db: &Db) -> Result<Sample, String> {
    let read = LogFeed::new(PRODUCER, db.clone()).read(0, 1).await.map_err(|error| error.to_string())?;
    let first = read.first().ok_or("the log is empty")?;
    let body = serde_json::to_vec(&first.event).map_err(|error| error.to_string())?;
    let mut headers = FieldTable::default();
    headers.insert("tradewind-position".into(), AMQPValue::LongLongInt(first.position));
    headers.insert("tradewind-previous".into(), AMQPValue::LongLongInt(0));
    let properties = BasicProperties::default()
        .with_content_type("application/cloudevents+json; charset=utf-8".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(first.event.id.to_string().into())
        .with_correlation_id(first.event.correlationid.to_string().into())
        .with_type(first.event.kind.as_str().into())
        .with_timestamp(1_767_225_600)
        .with_headers(headers);
    Ok(Sample { body, properties, key: format!("{}.00", first.event.kind) })
}

/// An exchange and a queue as a subscription declares them.
async fn declare(channel: &Channel, exchange: &str, queue: &str) -> Result<(), String> {
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let nothing = FieldTable::default;
    channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, nothing()).await.map_err(said)?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(1_000_000));
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments).await.map_err(said)?;
    let bound =
        channel.queue_bind(queue.into(), exchange.into(), "#".into(), QueueBindOptions::default(), nothing());
    bound.await.map_err(said)
}

/// Whether the queue has all of them; then it is deleted.
async fn check(channel: &Channel, queue: &str, events: u32) -> Result<(), String> {
    let removed = channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.map_err(said)?;
    if removed == events {
        Ok(())
    } else {
        Err(format!("{queue} had {removed} messages instead of {events}"))
    }
}

/// Seconds of a client that does nothing but publish, with a channel of its own.
async fn publish(rig: &Rig, sample: &Sample, events: u32, round: u32) -> Result<f64, String> {
    let name = format!("raw-{round}");
    declare(&rig.channel, &name, &name).await?;
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&rig.rabbitmq.url(), properties).await.map_err(said)?;
    let channel = connection.create_channel().await.map_err(said)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(said)?;
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let started = Instant::now();
    let mut on_the_way = VecDeque::new();
    for _ in 0..events {
        if on_the_way.len() >= usize::from(WINDOW) {
            confirmed(on_the_way.pop_front()).await?;
        }
        let (name, key) = (name.as_str().into(), sample.key.as_str().into());
        let sent = channel.basic_publish(name, key, options, &sample.body, sample.properties.clone());
        on_the_way.push_back(sent.await.map_err(said)?);
    }
    while !on_the_way.is_empty() {
        confirmed(on_the_way.pop_front()).await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    check(&rig.channel, &name, events).await?;
    Ok(seconds)
}

async fn confirmed(sent: Option<PublisherConfirm>) -> Result<(), String> {
    let Some(sent) = sent else { return Ok(()) };
    match sent.await.map_err(said)? {
        Confirmation::Ack(None) => Ok(()),
        other => Err(format!("a message was not taken: {other:?}")),
    }
}

/// Seconds of the relay, from its start to the confirmation of the last event.
async fn relay(rig: &Rig, events: u32, round: u32) -> Result<f64, String> {
    let namespace = format!("round-{round}");
    declare(&rig.channel, &format!("{namespace}.{PRODUCER}.events"), &namespace).await?;
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let mut options = BrokerOptions::parse(&Secret::new(rig.rabbitmq.url()), None)?;
    (options.namespace, options.window) = (namespace.clone(), usize::from(WINDOW));
    let broker = Broker::new(options, clock.clone(), &entropy);
    let connections = broker.clone();
    let running = tokio::spawn(async move { connections.run().await });
    connected(&broker).await?;
    let from_the_beginning = format!(
        "insert into event_relay (relay, position, moved_at) values ('{}', 0, 0) \
         on conflict (relay) do update set position = 0",
        Broker::RELAY
    );
    rig.postgres.psql("producer", &from_the_beginning).await;
    let said = rig.postgres.psql("producer", "select max(position) from event_log").await;
    let head: i64 = said.parse().map_err(|_| format!("{said:?} is no position"))?;
    let progress = Arc::new(RelayProgress::default());
    let options = RelayOptions {
        relay: Broker::RELAY,
        producer: PRODUCER,
        holder: format!("{PRODUCER}/sole"),
        db: rig.db.clone(),
        clock,
        entropy,
        progress: progress.clone(),
    };
    let started = Instant::now();
    let relaying = tokio::spawn({
        let broker = broker.clone();
        async move { broker.relay(options, Arc::new(RelayCounts::default())).await }
    });
    while progress.position() < head {
        if started.elapsed() > LIMIT {
            return Err(format!("the relay was at {} of {head} after {LIMIT:?}", progress.position()));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    for task in [relaying, running] {
        task.abort();
        // Aborted is what it should be.
        task.await.unwrap_or_default();
    }
    broker.close().await;
    check(&rig.channel, &namespace, events).await?;
    Ok(seconds)
}

/// Waits until both connections are open.
pub(crate) async fn connected(broker: &Broker) -> Result<(), String> {
    let started = Instant::now();
    while !(broker.publishing().is_connected() && broker.consuming().is_connected()) {
        if started.elapsed() > LIMIT {
            return Err("there is no connection to the broker".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn said(error: lapin::Error) -> String {
    error.to_string()
}
