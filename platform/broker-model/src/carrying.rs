//! Relay and feed over the model, without a log to read from: what the broker does not bring is lost for good.
//!
//! In a fleet the producer's log makes good whatever the broker loses, and what is confirmed or acknowledged too early
//! with it. Here nothing does, so that it shows.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_amqp::{Broker as Amqp, BrokerOptions, FeedCounts};
use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, lease, params, sql, work};
use tradewind_events::{Feed, FeedError, Horizon, Recorded, RelayOptions, TOPIC};
use tradewind_kernel::{Clock, Context, Entropy, Principal, Secret, Timestamp, TraceContext};

use crate::queue::Queue;
use crate::room::Room;
use crate::{Broker, BrokerFault};

/// Events that are told in a run.
const EVENTS: i64 = 200;

sql! {
    TELL = "insert into event_log
        (id, type, partition_key, sequence, correlation, causation, traceparent, recorded_at, data)
        values ($1, 'tradewind.lamps.lamp-lit.v1', 'lamp', $2, $1, null, $3, 0, '{}')";
    FORGET = "update event_relay set position = 0";
}

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A log that cannot be read.
struct NoLog;

fn unreadable<T: Send + 'static>() -> Later<'static, Result<T, FeedError>> {
    Box::pin(std::future::ready(Err(FeedError::Unreadable("there is none".to_owned()))))
}

impl Feed for NoLog {
    fn read(&mut self, _: i64, _: u16) -> Later<'_, Result<Vec<Recorded>, FeedError>> {
        unreadable()
    }

    fn wait(&mut self) -> Later<'_, ()> {
        Box::pin(std::future::pending())
    }

    fn head(&mut self) -> Later<'_, Result<i64, FeedError>> {
        unreadable()
    }

    fn horizon(&mut self) -> Later<'_, Result<Horizon, FeedError>> {
        unreadable()
    }

    fn report<'a>(&'a mut self, _: &'a Context, _: &'a str, _: i64) -> Later<'a, Result<(), FeedError>> {
        unreadable()
    }
}

#[derive(Clone)]
struct Place {
    clock: Clock,
    dice: Entropy,
    room: Room,
    broker: Broker,
    producer: Db,
    /// What was handled: positions, in the order in which that was committed.
    handled: Arc<Mutex<Vec<i64>>>,
    /// What the feed counts, over all lives.
    counts: Arc<FeedCounts>,
}

impl Place {
    async fn new(seed: u64) -> Self {
        let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
        let dice = Entropy::seeded(seed);
        let room = Room::new(clock.clone());
        let broker = Broker::new(Arc::new(room.clone()), dice.fork("broker"));
        let producer = Db::open(Options {
            location: Location::Memory,
            execution: Execution::Inline,
            readers: 1,
            clock: clock.clone(),
            entropy: dice.fork("producer"),
        });
        let producer = producer.unwrap();
        let migrations = [lease::MIGRATIONS, tradewind_events::MIGRATIONS];
        producer.migrate(&migrations, MigrateMode::Auto).await.unwrap();
        Self { clock, dice, room, broker, producer, handled: Arc::default(), counts: Arc::default() }
    }

    fn last(&self) -> i64 {
        self.handled.lock().unwrap().last().copied().unwrap_or_default()
    }

    async fn rest(&self, most_millis: u64) {
        self.clock.sleep(Duration::from_millis(self.dice.below(most_millis))).await;
    }

    async fn tell(&self) {
        for number in 1..=EVENTS {
            self.rest(200).await;
            let context = Context::begin(Principal::Anonymous, &self.clock, &self.dice);
            let trace = TraceContext::begin(&self.dice).to_string();
            let tell = work(move |tx| {
                let trace = trace.clone();
                Box::pin(async move {
                    let id = tx.id();
                    tx.execute(&TELL, params![id, number, trace]).await?;
                    tx.signal(TOPIC);
                    Ok::<_, DbError>(())
                })
            });
            self.producer.write(&context, tell).await.unwrap();
        }
    }

    fn amqp(&self, node: &str, life: u32) -> Amqp {
        let options = BrokerOptions::parse(&Secret::new("amqp://a:b@broker"), None).unwrap();
        Amqp::over(self.broker.transport(node, life), options, self.clock.clone(), &self.dice.fork(node))
    }

    async fn relay(&self, life: u32) {
        let amqp = self.amqp("lamps", life);
        let options = RelayOptions {
            relay: Amqp::RELAY,
            producer: "lamps",
            holder: "lamps".to_owned(),
            db: self.producer.clone(),
            clock: self.clock.clone(),
            entropy: self.dice.fork("relay"),
            progress: Arc::default(),
        };
        tokio::join!(amqp.run(), amqp.relay(options, Arc::default()));
    }

    async fn follow(&self, life: u32) {
        let amqp = self.amqp("watchers", life);
        let mut feed = amqp.feed("watchers", "lamps", Box::new(NoLog), Arc::clone(&self.counts));
        let reading = async {
            loop {
                match feed.read(self.last(), 8).await {
                    Ok(events) if events.is_empty() => feed.wait().await,
                    Ok(events) => {
                        // Handling takes a while; if the process ends meanwhile, nothing of it has happened.
                        self.rest(40).await;
                        self.handled.lock().unwrap().extend(events.iter().map(|event| event.position));
                    }
                    Err(_) => self.rest(100).await,
                }
            }
        };
        tokio::join!(amqp.run(), reading);
    }

    /// Lives of one process, one after the other; each ends at any await.
    async fn live(&self, node: &str) {
        for life in 1.. {
            self.room.begin(node, life);
            let length = Duration::from_millis(1_000 + self.dice.below(12_000));
            let running =
                async { if node == "lamps" { self.relay(life).await } else { self.follow(life).await } };
            self.clock.timeout(length, running).await.unwrap_or_default();
            self.room.end(node);
            self.broker.left(node);
            self.rest(500).await;
        }
    }

    async fn trouble(&self) {
        for number in 0.. {
            self.rest(3_000).await;
            let (node, lasts) = (|| "watchers".to_owned(), || Duration::from_millis(self.dice.below(2_000)));
            let fault = BrokerFault::draw(&self.dice, node, lasts);
            if let BrokerFault::BadMessages { .. } = fault {
                self.broker.disturb(number);
                self.rest(4_000).await;
                self.broker.is_over(number);
            } else {
                self.broker.suffer(&fault);
                // A queue that has no leader for five seconds is deleted, and nothing here brings back what it held.
                self.rest(2_000).await;
                self.clock.sleep(Duration::from_secs(2)).await;
            }
        }
    }

    async fn all_is_handled(&self) {
        self.until(|| self.last() >= EVENTS).await;
    }

    async fn until(&self, is_so: impl Fn() -> bool) {
        while !is_so() {
            self.clock.sleep(Duration::from_millis(100)).await;
        }
    }

    /// The relay no longer knows how far it came: its next life sends everything once more.
    async fn forget_what_was_sent(&self) {
        let forget = work(|tx| Box::pin(async { tx.execute(&FORGET, params![]).await.map(drop) }));
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.dice);
        self.producer.write(&context, forget).await.unwrap();
    }

    /// Whether no queue has anything, neither to be delivered nor to be acknowledged.
    fn is_empty(&self) -> bool {
        self.broker.with(|state, _| state.queues.values().all(Queue::is_empty))
    }

    /// One life of the relay, until something is so.
    async fn relay_until(&self, life: u32, is_so: impl Future<Output = ()>) {
        self.room.begin("lamps", life);
        let relaying = async {
            tokio::select! {
                biased;
                () = is_so => {}
                () = self.relay(life) => unreachable!(),
            }
        };
        self.clock.timeout(Duration::from_secs(60), relaying).await.unwrap();
        self.room.end("lamps");
        self.broker.left("lamps");
    }
}

/// Not acknowledged, what comes again would fill the prefetch of a subscription that has nothing new to read, and
/// nothing new would come.
#[tokio::test(start_paused = true)]
async fn what_comes_again_while_a_subscription_waits_is_acknowledged() {
    let place = Place::new(1).await;
    let sent_twice = async {
        let told = async {
            // Who is not there yet when something is told does not get it from the broker.
            place.clock.sleep(Duration::from_secs(1)).await;
            place.tell().await;
            place.all_is_handled().await;
        };
        place.relay_until(1, told).await;
        place.forget_what_was_sent().await;
        let all = EVENTS.unsigned_abs();
        place.relay_until(2, place.until(|| place.counts.duplicates() >= all)).await;
        place.clock.timeout(Duration::from_secs(1), place.until(|| place.is_empty())).await
    };
    place.room.begin("watchers", 1);
    let acknowledged = tokio::select! {
        biased;
        acknowledged = sent_twice => acknowledged,
        () = place.follow(1) => unreachable!(),
    };
    assert!(acknowledged.is_ok(), "copies are still unacknowledged");
    assert_eq!(place.last(), EVENTS);
    place.room.scope().kill();
}

#[tokio::test(start_paused = true)]
async fn every_event_arrives_once_and_in_order_by_the_broker_alone() {
    for seed in 1..=25 {
        let place = Place::new(seed).await;
        let telling = async {
            // Who is not there yet when something is told does not get it from the broker.
            place.clock.sleep(Duration::from_secs(1)).await;
            let troubled = place.clock.timeout(Duration::from_secs(30), place.trouble());
            let ((), over) = tokio::join!(place.tell(), troubled);
            assert!(over.is_err(), "there is trouble for as long as it is asked for");
            place.broker.heal();
        };
        let done = async {
            telling.await;
            place.clock.timeout(Duration::from_secs(120), place.all_is_handled()).await
        };
        let done = tokio::select! {
            biased;
            done = done => done,
            () = place.live("lamps") => unreachable!(),
            () = place.live("watchers") => unreachable!(),
        };
        let handled = place.handled.lock().unwrap().clone();
        assert!(done.is_ok(), "seed {seed}: {handled:?}");
        assert_eq!(handled, (1..=EVENTS).collect::<Vec<_>>(), "seed {seed}");
        place.room.scope().kill();
    }
}
