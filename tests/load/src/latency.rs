//! From the return of a commit at the producer to the entry of the handler at the consumer, through the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_amqp::{Broker, BrokerOptions, FeedCounts};
use tradewind_db::{Db, DbError, Migration, MigrationSet, Tx, Work, lease, params, sql};
use tradewind_events::{
    Event, Feed, LogFeed, Progress, Received, RelayOptions, RunnerOptions, Subscription, announce,
};
use tradewind_kernel::{Clock, Context, Entropy, Principal, Secret, SpanRecorder};
use tradewind_testkit::{Postgres, RabbitMq};

use crate::backlog;
use crate::engine::open;
use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::servers;
use crate::setup::Engine;

/// How long the last events may take to be handled.
const SETTLE: Duration = Duration::from_secs(10);

const SEEN: MigrationSet = MigrationSet {
    component: "latency",
    migrations: &[Migration {
        version: 1,
        name: "create_seen",
        text: "create table seen (number bigint primary key)",
    }],
};

sql! {
    INSERT = "insert into seen (number) values ($1)";
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Ticked {
    number: u32,
}

impl Event for Ticked {
    const TYPE: &'static str = "tradewind.load.ticked.v1";

    fn partition_key(&self) -> String {
        format!("tick-{}", self.number % 100)
    }
}

/// When each event was committed and when its handler was entered.
#[derive(Debug)]
struct Times {
    began: Instant,
    committed: Mutex<Vec<Option<Duration>>>,
    entered: Mutex<Vec<Option<Duration>>>,
}

impl Times {
    fn mark(&self, which: &Mutex<Vec<Option<Duration>>>, number: u32) {
        let now = self.began.elapsed();
        let mut times = which.lock().unwrap_or_else(PoisonError::into_inner);
        // A handler that runs again is late already; what counts is when it was entered first.
        if let Some(slot) = times.get_mut(number as usize) {
            slot.get_or_insert(now);
        }
    }
}

struct Tick {
    number: u32,
    times: Arc<Times>,
}

impl Work for Tick {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        announce(tx, &Ticked { number: self.number }).await?;
        let (times, number) = (self.times.clone(), self.number);
        // Hooks run on the writer's thread, right after the commit has returned.
        tx.after_commit(move || times.mark(&times.committed, number));
        Ok(())
    }
}

struct See {
    number: u32,
    times: Arc<Times>,
}

impl Work for See {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        self.times.mark(&self.times.entered, self.number);
        tx.execute(&INSERT, params![self.number]).await.map(drop)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) per_second: u32,
    pub(crate) seconds: u32,
    pub(crate) engine: Engine,
    /// The events travel by a broker.
    pub(crate) broker: bool,
}

/// The most milliseconds of 99 of 100 events, without and with a broker.
const TARGET: f64 = 2.0;
const TARGET_BY_BROKER: f64 = 10.0;

/// The producer, the consumer, and the servers that they need.
struct Parts {
    producer: Db,
    consumer: Db,
    broker: Option<Broker>,
    /// They end with the run.
    _servers: (Option<Postgres>, Option<RabbitMq>),
}

pub(crate) async fn run(folder: &Folder, options: Options) -> Result<Figures, String> {
    let Options { per_second, seconds, engine, broker } = options;
    let by = if broker { "RabbitMQ" } else { "the log" };
    println!(
        "latency: {per_second} events/s for {seconds} s by {by}, {engine:?}, one producer, one consumer, each commit \
         on disk"
    );
    let Parts { producer, consumer, broker, _servers } = parts(folder, options).await?;
    let count = per_second * seconds;
    let empty = || Mutex::new(vec![None; count as usize]);
    let times = Arc::new(Times { began: Instant::now(), committed: empty(), entered: empty() });
    let counts = Arc::new(FeedCounts::default());
    let following = tokio::spawn(follow(&producer, &consumer, (broker.as_ref(), &counts), &times));
    let carrying = tokio::spawn(carry(producer.clone(), broker.clone()));
    if broker.is_some() {
        attached(&counts).await?;
    }
    tick(&producer, &times, options).await?;
    settle(&times).await?;
    following.abort();
    carrying.abort();
    let latencies = latencies(&times);
    let target = if broker.is_some() { TARGET_BY_BROKER } else { TARGET };
    let mut figures = Figures::default();
    figures.at_least("events_handled", latencies.len() as f64, f64::from(count));
    figures.note("milliseconds_commit_to_handler_p50", percentile(&latencies, 50.0));
    figures.pace_at_most("milliseconds_commit_to_handler_p99", percentile(&latencies, 99.0), target);
    figures.note("milliseconds_commit_to_handler_max", percentile(&latencies, 100.0));
    Ok(figures)
}

async fn parts(folder: &Folder, options: Options) -> Result<Parts, String> {
    let of_producer = [lease::MIGRATIONS, tradewind_events::MIGRATIONS];
    let of_consumer = [lease::MIGRATIONS, tradewind_events::MIGRATIONS, SEEN];
    let (producer, consumer, postgres) = match options.engine {
        Engine::Sqlite => {
            let path = folder.part("latency");
            std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let producer = open(path.join("producer.db"), &of_producer).await?;
            (producer, open(path.join("consumer.db"), &of_consumer).await?, None)
        }
        Engine::Postgres => {
            let server = servers::postgres().await;
            let producer = backlog::database(&server, "producer", &of_producer).await?;
            (producer, backlog::database(&server, "consumer", &of_consumer).await?, Some(server))
        }
    };
    let (mut broker, mut rabbitmq) = (None, None);
    if options.broker {
        let server = RabbitMq::start().await;
        let options = BrokerOptions::parse(&Secret::new(server.url()), None)?;
        broker = Some(Broker::new(options, Clock::system(), &Entropy::system()));
        rabbitmq = Some(server);
    }
    Ok(Parts { producer, consumer, broker, _servers: (postgres, rabbitmq) })
}

/// Keeps the connections to the broker, if there is one, and relays the log there.
async fn carry(producer: Db, broker: Option<Broker>) {
    let Some(broker) = broker else { return };
    let options = RelayOptions {
        relay: Broker::RELAY,
        producer: "ticker",
        holder: "ticker/sole".to_owned(),
        db: producer,
        clock: Clock::system(),
        entropy: Entropy::system(),
        progress: Arc::default(),
    };
    tokio::join!(broker.run(), broker.relay(options, Arc::default()));
}

fn follow(
    producer: &Db,
    consumer: &Db,
    (broker, counts): (Option<&Broker>, &Arc<FeedCounts>),
    times: &Arc<Times>,
) -> impl Future<Output = ()> + Send + use<> {
    let see = |times: &Arc<Times>, received: Received<Ticked>| See {
        number: received.event.number,
        times: times.clone(),
    };
    let subscription = Subscription::to("ticker").on::<Ticked, _>(see);
    let options = RunnerOptions {
        consumer: "watcher",
        holder: "watcher/sole".to_owned(),
        db: consumer.clone(),
        clock: Clock::system(),
        entropy: Entropy::system(),
        progress: Arc::new(Progress::default()),
        spans: SpanRecorder::default(),
    };
    let log: Box<dyn Feed> = Box::new(LogFeed::new("ticker", producer.clone()));
    let feed = match broker {
        Some(broker) => broker.feed("watcher", "ticker", log, counts.clone()),
        None => log,
    };
    tradewind_events::run(Arc::new(subscription), Arc::new(times.clone()), feed, options)
}

/// Waits until the queue is consumed: what is measured is a subscription at work, not its start.
async fn attached(counts: &FeedCounts) -> Result<(), String> {
    let started = Instant::now();
    while !counts.is_attached() {
        if started.elapsed() > SETTLE {
            return Err(format!("the queue was not consumed within {SETTLE:?}"));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// An event at each of its times, however long the one before takes: nothing is left out when something is slow.
async fn tick(producer: &Db, times: &Arc<Times>, options: Options) -> Result<(), String> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let started = tokio::time::Instant::now();
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..options.per_second * options.seconds {
        let due = Duration::from_secs_f64(f64::from(number) / f64::from(options.per_second));
        tokio::time::sleep_until(started + due).await;
        let context = Context::begin(Principal::Service("load".to_owned()), &clock, &entropy);
        let (producer, tick) = (producer.clone(), Tick { number, times: times.clone() });
        writes.spawn(async move { producer.write(&context, tick).await });
    }
    while let Some(written) = writes.join_next().await {
        written.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn settle(times: &Times) -> Result<(), String> {
    let started = Instant::now();
    while times.entered.lock().unwrap_or_else(PoisonError::into_inner).iter().any(Option::is_none) {
        if started.elapsed() > SETTLE {
            return Err(format!("not every event was handled within {SETTLE:?}"));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// In milliseconds. Nothing is handled before its commit has returned but by a reader that was quicker than the
/// hook; that is no latency.
fn latencies(times: &Times) -> Vec<f64> {
    let committed = times.committed.lock().unwrap_or_else(PoisonError::into_inner);
    let entered = times.entered.lock().unwrap_or_else(PoisonError::into_inner);
    let pairs = committed.iter().zip(entered.iter()).filter_map(|(from, to)| (*from).zip(*to));
    pairs.map(|(from, to)| to.saturating_sub(from).as_secs_f64() * 1_000.0).collect()
}
