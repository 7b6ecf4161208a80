//! The transport of a process: lapin, a client of AMQP 0-9-1.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, BasicRejectOptions,
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, ConnectionProperties, ErrorKind, Event};
use tokio::net::TcpStream;
use tradewind_kernel::Clock;

use super::{
    Cause, Channel, Coming, Confirmation, Connection, Delivered, Deliveries, ExchangeKind, Failed, Later,
    Parcel, QueueDeclaration, Sign, Unconnected,
};
use crate::headers::{MEDIA_TYPE, POSITION, PREVIOUS};
use crate::options::BrokerOptions;

/// The code of AMQP for an orderly end.
const SUCCESS: u16 = 200;

/// Kept on disk by the broker.
const PERSISTENT: u8 = 2;

/// Connects to the broker that the options name. What it gives is more than a [`Connection`]: the bus needs the client's.
#[derive(Debug)]
pub(crate) struct LapinTransport {
    options: Arc<BrokerOptions>,
    clock: Clock,
}

impl LapinTransport {
    pub(crate) fn new(options: Arc<BrokerOptions>, clock: Clock) -> Self {
        Self { options, clock }
    }

    pub(crate) async fn open(&self, purpose: &'static str) -> Result<Arc<LapinConnection>, Unconnected> {
        let Self { options, clock } = self;
        // The client never gives back all that an attempt takes that fails, so none is made while nobody listens.
        match clock.timeout(options.timeout, TcpStream::connect(options.address())).await {
            Err(_) => return Err(unreachable("it does not answer")),
            Ok(Err(error)) => return Err(unreachable(&error.to_string())),
            Ok(Ok(_)) => {}
        }
        let properties = ConnectionProperties::default().with_connection_name(purpose.into());
        let connecting = lapin::Connection::connect_uri(options.uri(), properties);
        match clock.timeout(options.timeout, connecting).await {
            Err(_) => Err(unreachable("it does not answer")),
            Ok(Err(error)) => Err(Unconnected { cause: cause_of(&error), why: error.to_string() }),
            Ok(Ok(connection)) => Ok(Arc::new(LapinConnection(connection))),
        }
    }
}

fn unreachable(why: &str) -> Unconnected {
    Unconnected { cause: Cause::Unreachable, why: why.to_owned() }
}

fn cause_of(error: &lapin::Error) -> Cause {
    match error.kind() {
        ErrorKind::IOError(_) | ErrorKind::MissingHeartbeatError => Cause::Unreachable,
        ErrorKind::ProtocolError(said) => match said.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Cause::Login,
            AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED | AMQPHardError::INVALIDPATH) => Cause::VirtualHost,
            _ => Cause::Other,
        },
        _ => Cause::Other,
    }
}

/// What a failure of the client is to us.
pub(crate) fn failed(error: &lapin::Error) -> Failed {
    match error.kind() {
        ErrorKind::ProtocolError(said) => {
            let message = said.get_message().to_string();
            match said.kind() {
                AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => Failed::Mismatch(message),
                _ => Failed::Refused(message),
            }
        }
        _ => Failed::Gone(error.to_string()),
    }
}

/// A connection of the client.
pub(crate) struct LapinConnection(pub(crate) lapin::Connection);

impl Connection for LapinConnection {
    fn is_open(&self) -> bool {
        self.0.status().connected()
    }

    fn signs(&self) -> Box<dyn Coming<Sign>> {
        Box::new(Streamed { stream: self.0.events_listener(), read: sign })
    }

    fn channel(&self) -> Later<'_, Result<Box<dyn Channel>, Failed>> {
        Box::pin(async {
            let channel = self.0.create_channel().await.map_err(|error| failed(&error))?;
            Ok(Box::new(LapinChannel(channel)) as Box<dyn Channel>)
        })
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async { self.0.close(SUCCESS, "good-bye".into()).await.unwrap_or_default() })
    }
}

impl fmt::Debug for LapinConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LapinConnection")
    }
}

fn sign(event: Event) -> Sign {
    match event {
        Event::ConnectionBlocked(reason) => Sign::Blocked(reason),
        Event::ConnectionUnblocked => Sign::Unblocked,
        Event::Error(error) => Sign::Failed(error.to_string()),
        _ => Sign::Other,
    }
}

/// A stream of the client, each item of it in our words.
struct Streamed<S, I, T> {
    stream: S,
    read: fn(I) -> T,
}

impl<S: Stream<Item = I> + Unpin + Send, I, T> Coming<T> for Streamed<S, I, T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.stream).poll_next(context).map(|next| next.map(self.read))
    }
}

struct LapinChannel(lapin::Channel);

impl Channel for LapinChannel {
    fn declare_exchange<'a>(
        &'a self,
        exchange: &'a str,
        kind: ExchangeKind,
    ) -> Later<'a, Result<(), Failed>> {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let kind = match kind {
            ExchangeKind::Topic => lapin::ExchangeKind::Topic,
            ExchangeKind::Fanout => lapin::ExchangeKind::Fanout,
        };
        done(self.0.exchange_declare(name(exchange), kind, options, FieldTable::default()))
    }

    fn declare_queue<'a>(&'a self, queue: &'a QueueDeclaration) -> Later<'a, Result<(), Failed>> {
        let declaring =
            self.0.queue_declare(name(&queue.name), QueueDeclareOptions::durable(), arguments(queue));
        done(async { declaring.await.map(drop) })
    }

    fn bind<'a>(
        &'a self,
        queue: &'a str,
        exchange: &'a str,
        pattern: &'a str,
    ) -> Later<'a, Result<(), Failed>> {
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        done(self.0.queue_bind(name(queue), name(exchange), name(pattern), options, arguments))
    }

    fn delete_queue<'a>(&'a self, queue: &'a str) -> Later<'a, Result<(), Failed>> {
        let deleting = self.0.queue_delete(name(queue), QueueDeleteOptions::default());
        done(async { deleting.await.map(drop) })
    }

    fn confirm(&self) -> Later<'_, Result<(), Failed>> {
        done(self.0.confirm_select(ConfirmSelectOptions::default()))
    }

    fn publish(
        &self,
        exchange: &str,
        key: &str,
        parcel: Parcel,
    ) -> Later<'static, Result<Confirmation, Failed>> {
        let (channel, exchange, key) = (self.0.clone(), name(exchange), name(key));
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        Box::pin(async move {
            let properties = properties(&parcel);
            let publishing = channel.basic_publish(exchange, key, options, &parcel.body, properties).await;
            let confirmed = publishing.map_err(|error| failed(&error))?.await;
            Ok(confirmation(confirmed.map_err(|error| failed(&error))?))
        })
    }

    fn consume<'a>(&'a self, queue: &'a str, prefetch: u16) -> Later<'a, Result<Deliveries, Failed>> {
        Box::pin(async move {
            let bounded = self.0.basic_qos(prefetch, BasicQosOptions::default()).await;
            bounded.map_err(|error| failed(&error))?;
            let (how, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            let consumer = self.0.basic_consume(name(queue), "".into(), how, arguments).await;
            let stream = consumer.map_err(|error| failed(&error))?;
            Ok(Box::new(Streamed { stream, read: delivered }) as Deliveries)
        })
    }

    fn acknowledge(&self, tag: u64) {
        // The first poll puts it in line to be sent.
        drop(self.0.basic_ack(tag, BasicAckOptions { multiple: true }).now_or_never());
    }

    fn reject(&self, tag: u64) {
        drop(self.0.basic_reject(tag, BasicRejectOptions { requeue: false }).now_or_never());
    }
}

fn done<'a>(asking: impl Future<Output = lapin::Result<()>> + Send + 'a) -> Later<'a, Result<(), Failed>> {
    Box::pin(async { asking.await.map_err(|error| failed(&error)) })
}

/// A text that the protocol allows as a name; whoever makes names keeps them short enough, and what is too long is cut
/// off rather than a panic.
fn name(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_else(|_| text.chars().take(60).collect::<String>().into())
}

/// A quorum queue.
fn arguments(queue: &QueueDeclaration) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(queue.max_length));
    if queue.is_single_active {
        arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    }
    if let Some(exchange) = &queue.dead_letters {
        arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString(exchange.as_str().into()));
    }
    arguments
}

fn confirmation(confirmed: lapin::Confirmation) -> Confirmation {
    match confirmed {
        lapin::Confirmation::Ack(None) => Confirmation::Kept,
        lapin::Confirmation::Ack(Some(returned)) => {
            Confirmation::Returned(text(returned.delivery.properties.kind()))
        }
        _ => Confirmation::Refused,
    }
}

fn properties(parcel: &Parcel) -> BasicProperties {
    let mut properties =
        BasicProperties::default().with_content_type(MEDIA_TYPE.into()).with_delivery_mode(PERSISTENT);
    let mut headers = FieldTable::default();
    for (header, number) in [(POSITION, parcel.position), (PREVIOUS, parcel.previous)] {
        if let Some(number) = number {
            headers.insert(header.into(), AMQPValue::LongLongInt(number));
        }
    }
    if let Some(id) = &parcel.message_id {
        properties = properties.with_message_id(name(id));
    }
    if let Some(id) = &parcel.correlation_id {
        properties = properties.with_correlation_id(name(id));
    }
    if let Some(kind) = &parcel.kind {
        properties = properties.with_type(name(kind));
    }
    if let Some(seconds) = parcel.seconds {
        properties = properties.with_timestamp(seconds);
    }
    properties.with_headers(headers)
}

fn delivered(next: lapin::Result<lapin::message::Delivery>) -> Result<Delivered, Failed> {
    let delivery = next.map_err(|error| failed(&error))?;
    let parcel = parcel(&delivery.properties, delivery.data.into());
    Ok(Delivered { tag: delivery.delivery_tag, key: delivery.routing_key.to_string(), parcel })
}

fn parcel(properties: &BasicProperties, body: Bytes) -> Parcel {
    Parcel {
        message_id: text(properties.message_id()),
        correlation_id: text(properties.correlation_id()),
        kind: text(properties.kind()),
        seconds: *properties.timestamp(),
        position: number(properties, POSITION),
        previous: number(properties, PREVIOUS),
        body,
    }
}

fn text(value: &Option<ShortString>) -> Option<String> {
    value.as_ref().map(ToString::to_string)
}

/// Clients of other languages send a small number in few bytes.
fn number(properties: &BasicProperties, header: &str) -> Option<i64> {
    match properties.headers().as_ref()?.inner().get(header)? {
        AMQPValue::LongLongInt(number) => Some(*number),
        AMQPValue::LongInt(number) => Some(i64::from(*number)),
        AMQPValue::LongUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortUInt(number) => Some(i64::from(*number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_went() {
        let sent = Parcel {
            message_id: Some("a".to_owned()),
            correlation_id: Some("b".to_owned()),
            kind: Some("tradewind.lamps.lamp-lit.v1".to_owned()),
            seconds: Some(1_767_225_600),
            position: Some(7),
            previous: Some(5),
            body: Bytes::from_static(b"{}"),
        };
        let properties = properties(&sent);
        assert_eq!(properties.content_type().as_ref().unwrap().as_str(), MEDIA_TYPE);
        assert_eq!(properties.delivery_mode(), &Some(2), "a broker that restarts still has it");
        assert_eq!(parcel(&properties, sent.body.clone()), sent);
    }

    #[test]
    fn a_number_is_read_in_whatever_size_another_client_sends_it() {
        let with = |value: AMQPValue| {
            let mut headers = FieldTable::default();
            headers.insert(POSITION.into(), value);
            parcel(&BasicProperties::default().with_headers(headers), Bytes::new()).position
        };
        assert_eq!(with(AMQPValue::LongInt(7)), Some(7));
        assert_eq!(with(AMQPValue::ShortShortInt(5)), Some(5));
        assert_eq!(with(AMQPValue::LongString("5".into())), None);
        assert_eq!(parcel(&BasicProperties::default(), Bytes::new()).position, None);
    }

    #[test]
    fn a_queue_is_declared_as_it_was_since_there_are_queues() {
        let declared = |is_single_active, dead_letters: Option<&str>| {
            let queue = QueueDeclaration {
                name: "q".to_owned(),
                max_length: 9,
                is_single_active,
                dead_letters: dead_letters.map(ToOwned::to_owned),
            };
            let table = arguments(&queue);
            let names: Vec<String> = table.inner().keys().map(ToString::to_string).collect();
            names
        };
        assert_eq!(declared(false, None), ["x-max-length", "x-queue-type"]);
        let all = ["x-dead-letter-exchange", "x-max-length", "x-queue-type", "x-single-active-consumer"];
        assert_eq!(declared(true, Some("d")), all);
    }
}
