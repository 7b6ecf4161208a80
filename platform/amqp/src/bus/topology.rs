//! What the bus declares on the broker.

use lapin::options::{
    BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Consumer, ExchangeKind};
use tradewind_events::bus::{Binding, Queue, Routing};
use tradewind_problem::Problem;

use super::failed;
use crate::link::BrokerError;

/// Messages that a consumer of a shared queue holds: one, so that the next goes to whoever is free.
const SHARED_PREFETCH: u16 = 1;

/// Messages that the consumer of its own queue holds.
const OWN_PREFETCH: u16 = 64;

/// A name of the bus, and what stands before it on the broker.
pub(super) struct Place(String);

impl Place {
    pub(super) fn new(namespace: &str, name: &str) -> Self {
        Self(format!("{namespace}.bus.{name}"))
    }

    pub(super) fn name(&self) -> Result<ShortString, Problem> {
        short(&self.0)
    }
}

/// A text that the protocol allows as a name or key: of 255 bytes at most.
pub(super) fn short(text: &str) -> Result<ShortString, Problem> {
    ShortString::try_new(text)
        .map_err(|_| Problem::internal(format!("{} bytes are too many for a name or key", text.len())))
}

pub(super) async fn declare_exchange(
    channel: &Channel,
    name: &ShortString,
    routing: Routing,
) -> lapin::Result<()> {
    let kind = match routing {
        Routing::Direct => ExchangeKind::Direct,
        Routing::Fanout => ExchangeKind::Fanout,
        Routing::Topic => ExchangeKind::Topic,
    };
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name.clone(), kind, options, FieldTable::default()).await
}

/// Declares a queue with its bindings and begins to consume it. `name` is that of the queue on the broker.
pub(super) async fn consume(
    channel: &Channel,
    namespace: &str,
    (queue, name): (&Queue, &ShortString),
    bindings: &[Binding],
) -> Result<Consumer, Problem> {
    let of = |what: &str, error: &lapin::Error| failed(&BrokerError::of(what, error));
    declare(channel, namespace, queue, name).await?;
    for Binding { exchange, key } in bindings {
        let (from, key) = (Place::new(namespace, exchange.name()).name()?, short(key)?);
        let declared = declare_exchange(channel, &from, exchange.routing()).await;
        declared.map_err(|error| of(&format!("exchange {from}"), &error))?;
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        let bound = channel.queue_bind(name.clone(), from, key, options, arguments).await;
        bound.map_err(|error| of(&format!("queue {name}"), &error))?;
    }
    let prefetch = if queue.is_shared() { SHARED_PREFETCH } else { OWN_PREFETCH };
    let limited = channel.basic_qos(prefetch, BasicQosOptions::default()).await;
    limited.map_err(|error| of("the channel", &error))?;
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(name.clone(), "".into(), options, FieldTable::default()).await;
    consumer.map_err(|error| of(&format!("queue {name}"), &error))
}

async fn declare(
    channel: &Channel,
    namespace: &str,
    queue: &Queue,
    name: &ShortString,
) -> Result<(), Problem> {
    if !queue.is_shared() {
        let options =
            QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        return declare_one(channel, name, options, arguments(queue, "classic", "drop-head")).await;
    }
    if queue.is_of_dead_letters() {
        let arguments = arguments(queue, "quorum", "drop-head");
        return declare_one(channel, name, QueueDeclareOptions::durable(), arguments).await;
    }
    let dead = queue.dead_letters();
    let dead_name = Place::new(namespace, dead.name()).name()?;
    let dead_arguments = arguments(&dead, "quorum", "drop-head");
    declare_one(channel, &dead_name, QueueDeclareOptions::durable(), dead_arguments).await?;
    let mut arguments = arguments(queue, "quorum", "reject-publish");
    let mut put = |key: &str, value: AMQPValue| {
        arguments.insert(key.into(), value);
    };
    // Delivered once more than it may come back.
    put("x-delivery-limit", AMQPValue::LongLongInt(i64::from(queue.most_attempts()) - 1));
    put("x-dead-letter-exchange", AMQPValue::LongString("".into()));
    put("x-dead-letter-routing-key", AMQPValue::LongString(dead_name.as_str().into()));
    // Not gone from here before it is there.
    put("x-dead-letter-strategy", AMQPValue::LongString("at-least-once".into()));
    declare_one(channel, name, QueueDeclareOptions::durable(), arguments).await
}

fn arguments(queue: &Queue, kind: &str, overflow: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(kind.into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(i64::from(queue.bound())));
    arguments.insert("x-overflow".into(), AMQPValue::LongString(overflow.into()));
    arguments
}

async fn declare_one(
    channel: &Channel,
    name: &ShortString,
    options: QueueDeclareOptions,
    arguments: FieldTable,
) -> Result<(), Problem> {
    let declared = channel.queue_declare(name.clone(), options, arguments).await;
    declared.map(drop).map_err(|error| failed(&BrokerError::of(&format!("queue {name}"), &error)))
}
