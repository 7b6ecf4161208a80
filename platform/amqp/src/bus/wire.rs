//! Messages of the bus as messages of the broker, and back.
//!
//! The body is JSON. Type and id are properties of AMQP; the process, the trace and the end of a question are headers.
//! A client in another language needs no more than the type, the id (a UUID) and the body.

use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tradewind_events::bus::{How, Message, Outcome};
use tradewind_kernel::{Entropy, Id, Timestamp, TraceContext};
use tradewind_problem::Problem;

use crate::message::shown;

/// The header with the id of the process.
const CORRELATION: &str = "tradewind-correlation";

/// The header with the trace (W3C Trace Context).
const TRACE: &str = "traceparent";

/// The header with the end of a question, in microseconds since 1970 by the clock of who asks.
const UNTIL: &str = "tradewind-until";

/// The header in which a quorum queue counts how often it got a message back.
const RETURNED: &str = "x-delivery-count";

const JSON: &str = "application/json";

/// Kept on disk by the broker, and not.
const PERSISTENT: u8 = 2;
const TRANSIENT: u8 = 1;

/// The properties of a message.
pub(super) fn properties(message: &Message, how: How) -> BasicProperties {
    let mode = if how == How::Confirmed { PERSISTENT } else { TRANSIENT };
    with(message, headers(message)).with_delivery_mode(mode)
}

/// The properties of a question that nobody is interested in after `until`.
pub(super) fn question(message: &Message, until: Timestamp) -> BasicProperties {
    let mut headers = headers(message);
    headers.insert(UNTIL.into(), AMQPValue::LongLongInt(until.as_micros()));
    with(message, headers).with_delivery_mode(TRANSIENT)
}

/// The properties and the body of an answer.
pub(super) fn answer(question: &Message, outcome: &Outcome) -> (BasicProperties, Vec<u8>) {
    let id = ShortString::from(question.id.to_string());
    match outcome {
        Ok(message) => (properties(message, How::Unconfirmed).with_correlation_id(id), message.body.clone()),
        Err(problem) => {
            let properties = BasicProperties::default()
                .with_content_type(tradewind_problem::MEDIA_TYPE.into())
                .with_correlation_id(id);
            (properties, problem.to_json().into_bytes())
        }
    }
}

/// What a question was answered with.
pub(super) fn outcome(delivery: &Delivery) -> Outcome {
    let media_type = delivery.properties.content_type().as_ref().map(ShortString::as_str);
    if media_type == Some(tradewind_problem::MEDIA_TYPE) {
        let problem = Problem::from_json(&delivery.data);
        return Err(
            problem.unwrap_or_else(|| Problem::internal("the answer is a problem that nobody can read"))
        );
    }
    read(delivery, None).map_err(|wrong| Problem::internal(format!("the answer is no message: {wrong}")))
}

fn with(message: &Message, headers: FieldTable) -> BasicProperties {
    let kind = ShortString::try_new(message.kind.as_str()).unwrap_or_default();
    BasicProperties::default()
        .with_content_type(JSON.into())
        .with_message_id(message.id.to_string().into())
        .with_type(kind)
        .with_headers(headers)
}

fn headers(message: &Message) -> FieldTable {
    let mut headers = FieldTable::default();
    let text = |text: String| AMQPValue::LongString(text.into());
    headers.insert(CORRELATION.into(), text(message.correlation.to_string()));
    headers.insert(TRACE.into(), text(message.trace.to_string()));
    headers
}

/// The message that was delivered. One without a trace begins one, if there is entropy for it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(delivery: &Delivery, entropy: Option<&Entropy>) -> Result<Message, String> {
    let properties = &delivery.properties;
    let kind = properties.kind().as_ref().map(ToString::to_string).filter(|kind| !kind.is_empty());
    let kind = kind.ok_or("it has no type")?;
    let id = properties.message_id().as_ref().ok_or("it has no message id")?;
    let id: Id =
        id.as_str().parse().map_err(|_| format!("its message id {} is no UUID", shown(id.as_str())))?;
    let trace = text(properties, TRACE).and_then(|trace| trace.parse::<TraceContext>().ok());
    let trace = trace.or_else(|| entropy.map(TraceContext::begin)).ok_or("it has no trace")?;
    let correlation = text(properties, CORRELATION).and_then(|text| text.parse().ok()).unwrap_or(id);
    serde_json::from_slice::<serde::de::IgnoredAny>(&delivery.data)
        .map_err(|error| format!("its body is no JSON: {error}"))?;
    Ok(Message { id, kind, correlation, trace, body: delivery.data.clone() })
}

/// Until when anybody is interested in it.
pub(super) fn until(properties: &BasicProperties) -> Option<Timestamp> {
    number(properties, UNTIL).map(Timestamp::from_micros)
}

/// Which attempt a delivery is, from 1.
pub(super) fn attempt(properties: &BasicProperties) -> u32 {
    let returned = number(properties, RETURNED).unwrap_or(0);
    u32::try_from(returned).unwrap_or(0).saturating_add(1)
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn number(properties: &BasicProperties, name: &str) -> Option<i64> {
    match header(properties, name)? {
        AMQPValue::LongLongInt(number) => Some(*number),
        AMQPValue::LongInt(number) => Some(i64::from(*number)),
        AMQPValue::LongUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortUInt(number) => Some(i64::from(*number)),
        _ => None,
    }
}

fn text(properties: &BasicProperties, name: &str) -> Option<String> {
    match header(properties, name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}
