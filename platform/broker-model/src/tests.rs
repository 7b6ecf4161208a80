//! The broker as its clients see it.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;

use tradewind_amqp::transport::{
    Channel, Confirmation, Connection, Deliveries, ExchangeKind, Failed, Later, Parcel, QueueDeclaration,
    Sign, Unconnected,
};
use tradewind_kernel::{Clock, Timestamp};

use super::*;
use crate::room::Room;

type Confirming = Later<'static, Result<Confirmation, Failed>>;

struct Place {
    broker: Broker,
    room: Room,
    clock: Clock,
}

impl Place {
    fn new(seed: u64) -> Self {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let dice = Entropy::seeded(seed);
        let room = Room::new(clock.clone());
        Self { broker: Broker::new(Arc::new(room.clone()), dice.fork("broker")), room, clock }
    }

    async fn connect(&self, node: &str) -> Result<Arc<dyn Connection>, Unconnected> {
        self.broker.transport(node, 1).connect("test").await
    }

    /// A client that has declared a queue for everything.
    async fn client(&self, node: &str) -> Client {
        self.room.begin(node, 1);
        let connection = self.connect(node).await.unwrap();
        let channel = connection.channel().await.unwrap();
        channel.declare_exchange("events", ExchangeKind::Topic).await.unwrap();
        channel.declare_exchange("dead", ExchangeKind::Fanout).await.unwrap();
        for (name, dead_letters) in [("dead", None), ("queue", Some("dead".to_owned()))] {
            let (name, is_single_active) = (name.to_owned(), true);
            let queue = QueueDeclaration { name, max_length: 100, is_single_active, dead_letters };
            channel.declare_queue(&queue).await.unwrap();
        }
        channel.bind("dead", "dead", "").await.unwrap();
        channel.bind("queue", "events", "#").await.unwrap();
        channel.confirm().await.unwrap();
        Client { connection, channel, clock: self.clock.clone() }
    }
}

struct Client {
    connection: Arc<dyn Connection>,
    channel: Box<dyn Channel>,
    clock: Clock,
}

impl Client {
    /// Puts a message in line.
    async fn publish(&self, exchange: &str, position: i64) -> Confirming {
        let parcel = Parcel { position: Some(position), ..Parcel::default() };
        let mut confirming = self.channel.publish(exchange, "lamp.lit", parcel);
        let polled = poll_fn(|context| Poll::Ready(confirming.as_mut().poll(context))).await;
        assert!(polled.is_pending());
        confirming
    }

    async fn confirmed(&self, position: i64) {
        assert_eq!(self.publish("events", position).await.await, Ok(Confirmation::Kept));
    }

    async fn consume(&self, queue: &str) -> Consumed {
        let deliveries = self.channel.consume(queue, 3).await.unwrap();
        Consumed { deliveries, clock: self.clock.clone() }
    }
}

struct Consumed {
    deliveries: Deliveries,
    clock: Clock,
}

impl Consumed {
    /// Positions and tags of what comes within a second.
    async fn come(&mut self) -> Vec<(i64, u64)> {
        let mut come = Vec::new();
        let limit = Duration::from_secs(1);
        while let Ok(Some(Ok(delivered))) =
            self.clock.timeout(limit, poll_fn(|context| self.deliveries.poll_next(context))).await
        {
            come.push((delivered.parcel.position.unwrap(), delivered.tag));
        }
        come
    }

    async fn failed(&mut self) -> String {
        let next = poll_fn(|context| self.deliveries.poll_next(context)).await;
        assert_eq!(poll_fn(|context| self.deliveries.poll_next(context)).await, None);
        next.unwrap().unwrap_err().to_string()
    }
}

#[tokio::test(start_paused = true)]
async fn messages_come_in_order_as_far_as_there_is_room_and_acknowledging_makes_room() {
    let place = Place::new(1);
    let (publisher, consumer) = (place.client("a").await, place.client("b").await);
    for position in 1..=5 {
        publisher.confirmed(position).await;
    }
    let mut consumed = consumer.consume("queue").await;
    assert_eq!(consumed.come().await, [(1, 1), (2, 2), (3, 3)]);
    consumer.channel.acknowledge(2);
    assert_eq!(consumed.come().await, [(4, 4), (5, 5)]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_no_queue_takes_comes_back() {
    let place = Place::new(1);
    let publisher = place.client("a").await;
    publisher.channel.declare_exchange("other", ExchangeKind::Topic).await.unwrap();
    assert_eq!(publisher.publish("other", 1).await.await, Ok(Confirmation::Returned(None)));
}

#[tokio::test(start_paused = true)]
async fn one_consumer_is_active_and_the_next_gets_what_it_left() {
    let place = Place::new(1);
    let (publisher, first, second) =
        (place.client("a").await, place.client("b").await, place.client("c").await);
    let (mut one, mut two) = (first.consume("queue").await, second.consume("queue").await);
    for position in 1..=3 {
        publisher.confirmed(position).await;
    }
    assert_eq!(one.come().await, [(1, 1), (2, 2), (3, 3)]);
    assert_eq!(two.come().await, []);
    first.channel.acknowledge(1);
    place.clock.sleep(Duration::from_millis(10)).await;
    assert!(place.broker.suffer(&BrokerFault::Reset { node: "b".to_owned() }));
    assert_eq!(one.failed().await, RESET);
    assert!(!first.connection.is_open());
    assert_eq!(two.come().await, [(2, 1), (3, 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_dropped_gives_back_what_it_had() {
    let place = Place::new(1);
    let client = place.client("a").await;
    client.confirmed(1).await;
    let other = Client { channel: client.connection.channel().await.unwrap(), ..place.client("b").await };
    let mut one = other.consume("queue").await;
    assert_eq!(one.come().await, [(1, 1)]);
    drop(other);
    assert_eq!(client.consume("queue").await.come().await, [(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_acknowledges_twice_loses_the_channel() {
    let place = Place::new(1);
    let client = place.client("a").await;
    client.confirmed(1).await;
    let mut consumed = client.consume("queue").await;
    assert_eq!(consumed.come().await, [(1, 1)]);
    client.channel.acknowledge(1);
    client.channel.acknowledge(1);
    assert_eq!(consumed.failed().await, "unknown delivery tag 1");
    assert!(client.connection.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_refused_message_is_a_dead_letter() {
    let place = Place::new(1);
    let client = place.client("a").await;
    client.confirmed(1).await;
    let mut consumed = client.consume("queue").await;
    assert_eq!(consumed.come().await, [(1, 1)]);
    client.channel.reject(1);
    let other = place.client("b").await;
    assert_eq!(other.consume("dead").await.come().await, [(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_process_is_heard_no_more() {
    let place = Place::new(1);
    let (one, two) = (place.client("a").await, place.client("b").await);
    let confirming = one.publish("events", 1).await;
    place.room.end("a");
    place.broker.left("a");
    assert!(matches!(confirming.await, Err(Failed::Gone(_))));
    assert_eq!(two.consume("queue").await.come().await, []);
    assert!(place.connect("a").await.is_err());
}

/// Whatever a change of leaders does: what was confirmed is there, what is there is the beginning of what was published,
/// in its order, and what was not acknowledged comes again.
#[tokio::test(start_paused = true)]
async fn a_change_of_leaders_loses_only_what_was_not_confirmed() {
    let (mut has_lost, mut has_kept_unconfirmed) = (false, false);
    for seed in 1..=40 {
        let place = Place::new(seed);
        let (publisher, consumer) = (place.client("a").await, place.client("b").await);
        let mut consumed = consumer.consume("queue").await;
        publisher.confirmed(1).await;
        assert_eq!(consumed.come().await, [(1, 1)]);
        let mut confirming = Vec::new();
        for position in 2..=9 {
            confirming.push((position, publisher.publish("events", position).await));
            if position == 5 {
                place.clock.sleep(Duration::from_millis(1)).await;
            }
        }
        let change = BrokerFault::LeaderChange { lasts: Duration::from_secs(2) };
        assert!(place.broker.suffer(&change) && !place.broker.suffer(&change));
        place.clock.sleep(Duration::from_secs(3)).await;
        let mut confirmed = vec![1];
        for (position, confirming) in confirming {
            if place.clock.timeout(Duration::from_secs(1), confirming).await.is_ok() {
                confirmed.push(position);
            }
        }
        drop(consumer);
        let other = place.client("c").await;
        let mut consumed = other.consume("queue").await;
        let mut there = Vec::new();
        loop {
            let come = consumed.come().await;
            let Some((_, last)) = come.last() else { break };
            other.channel.acknowledge(*last);
            there.extend(come.iter().map(|(position, _)| *position));
        }
        assert_eq!(there, (1..=i64::try_from(there.len()).unwrap()).collect::<Vec<_>>(), "seed {seed}");
        assert!(confirmed.iter().all(|position| there.contains(position)), "seed {seed}: {confirmed:?}");
        has_lost |= there.len() < 9;
        has_kept_unconfirmed |= there.len() > confirmed.len();
    }
    assert!(has_lost && has_kept_unconfirmed);
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_was_away_has_what_it_had() {
    let place = Place::new(1);
    let client = place.client("a").await;
    client.confirmed(1).await;
    assert!(place.broker.suffer(&BrokerFault::Away { lasts: Duration::from_secs(2) }));
    assert!(!client.connection.is_open());
    assert!(place.connect("a").await.is_err());
    place.clock.sleep(Duration::from_secs(2)).await;
    assert_eq!(place.client("a").await.consume("queue").await.come().await, [(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_given_up_after_a_while() {
    let place = Place::new(1);
    let (silent, other) = (place.client("a").await, place.client("b").await);
    let mut signs = silent.connection.signs();
    let _held = silent.consume("queue").await;
    assert!(place.broker.suffer(&BrokerFault::Silence { node: "a".to_owned() }));
    let begun = place.clock.monotonic();
    let confirming = silent.publish("events", 1).await;
    assert!(matches!(confirming.await, Err(Failed::Gone(_))));
    assert_eq!(place.clock.monotonic() - begun, MISSED);
    let sign = poll_fn(|context| signs.poll_next(context)).await;
    assert_eq!(sign, Some(Sign::Failed("missed heartbeats".to_owned())));
    other.confirmed(2).await;
    assert_eq!(other.consume("queue").await.come().await, [(2, 1)], "and the next consumer is active");
}

#[tokio::test(start_paused = true)]
async fn of_messages_that_are_treated_badly_each_fate_is_met_and_what_is_confirmed_is_there() {
    let place = Place::new(3);
    let (publisher, consumer) = (place.client("a").await, place.client("b").await);
    let mut consumed = consumer.consume("queue").await;
    place.broker.disturb(1);
    let mut confirming = Vec::new();
    for position in 1..=90 {
        confirming.push((position, publisher.publish("events", position).await));
    }
    let (mut kept, mut refused, mut unheard, mut late) = (Vec::new(), 0, 0, 0);
    for (position, confirming) in confirming {
        let begun = place.clock.monotonic();
        match place.clock.timeout(Duration::from_secs(13), confirming).await {
            Ok(Ok(Confirmation::Kept)) => {
                kept.push(position);
                late += u32::from(place.clock.monotonic() - begun > Duration::from_secs(1));
            }
            Ok(Ok(Confirmation::Refused)) => refused += 1,
            Ok(other) => panic!("{other:?}"),
            Err(_) => unheard += 1,
        }
    }
    assert!(place.broker.is_over(1));
    let mut there = Vec::new();
    loop {
        let come = consumed.come().await;
        let Some((_, last)) = come.last() else { break };
        consumer.channel.acknowledge(*last);
        there.extend(come.iter().map(|(position, _)| *position));
    }
    assert!(kept.iter().all(|position| there.contains(position)));
    let (mut seen, all) = (BTreeSet::new(), there.len());
    there.retain(|position| seen.insert(*position));
    assert!(there.is_sorted(), "a second copy comes later, and the first ones are in order: {there:?}");
    assert!(all > there.len(), "some came twice");
    assert!(refused > 0 && unheard > 0 && late > 0, "{refused} {unheard} {late}");
}
