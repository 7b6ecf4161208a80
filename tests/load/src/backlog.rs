//! How fast a subscription gets through a log that it has fallen far behind of.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{
    Db, DbError, Location, Migration, MigrationSet, PostgresOptions, Tx, Work, lease, params, sql,
};
use tradewind_events::{Event, LogFeed, Progress, Received, RunnerOptions, Subscription};
use tradewind_kernel::{Clock, Entropy, SpanRecorder};
use tradewind_testkit::Postgres;

use crate::engine::open_at;
use crate::figures::Figures;
use crate::servers;
use crate::setup::Engine;

/// Events written in one transaction; another, which is rolled back, leaves a gap behind each.
const BATCH: u32 = 10_000;

/// How long a subscription may take for a thousand events until the run is given up.
const LIMIT_PER_THOUSAND: Duration = Duration::from_secs(2);

/// Events per second that are of no interest, at least.
const TARGET: f64 = 20_000.0;

const NOTED: MigrationSet = MigrationSet {
    component: "backlog",
    migrations: &[Migration {
        version: 1,
        name: "create_noted",
        text: "create table noted (number bigint primary key)",
    }],
};

sql! {
    NOTE = "insert into noted (number) values ($1)";
}

/// What the log is full of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Written {
    number: u32,
}

impl Event for Written {
    const TYPE: &'static str = "tradewind.load.written.v1";

    fn partition_key(&self) -> String {
        format!("backlog-{}", self.number % 1_000)
    }
}

/// What never happens.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Unheard {}

impl Event for Unheard {
    const TYPE: &'static str = "tradewind.load.unheard.v1";

    fn partition_key(&self) -> String {
        String::new()
    }
}

struct Note(u32);

impl Work for Note {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&NOTE, params![self.0]).await.map(drop)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) events: u32,
    pub(crate) handled: u32,
    pub(crate) engine: Engine,
}

pub(crate) async fn run(options: Options) -> Result<Figures, String> {
    let Options { events, handled, engine } = options;
    if engine == Engine::Sqlite {
        return Err("backlog needs --engine postgres".to_owned());
    }
    println!("backlog: {events} events with a gap after each {BATCH}, then {handled} of them handled");
    let server = servers::postgres().await;
    let events_only = [lease::MIGRATIONS, tradewind_events::MIGRATIONS];
    let producer = database(&server, "producer", &events_only).await?;
    let reader = database(&server, "reader", &events_only).await?;
    let handler = database(&server, "handler", &[events_only[0], events_only[1], NOTED]).await?;
    let started = Instant::now();
    write(&server, events).await;
    let mut figures = Figures::default();
    figures.note("events_written_per_second", f64::from(events) / started.elapsed().as_secs_f64());
    let head = position_of(&server, events).await?;
    let nothing = Subscription::to("backlog").on::<Unheard, _>(|(): &(), _| Note(0));
    let seconds = follow(nothing, &producer, &reader, head, events).await?;
    figures.pace_at_least("events_read_per_second", f64::from(events) / seconds, TARGET);
    let to = position_of(&server, handled.min(events)).await?;
    let note =
        Subscription::to("backlog").on(|(): &(), received: Received<Written>| Note(received.event.number));
    let seconds = follow(note, &producer, &handler, to, handled).await?;
    let said = server.psql("handler", "select count(*) from noted").await;
    let noted = said.parse::<f64>().map_err(|_| format!("{said:?} is no count"))?;
    figures.note("events_handled_per_second", noted / seconds);
    figures.at_least("events_handled", noted, f64::from(handled.min(events)));
    Ok(figures)
}

pub(crate) async fn database(server: &Postgres, name: &str, sets: &[MigrationSet]) -> Result<Db, String> {
    server.psql("postgres", &format!("create database {name}")).await;
    let options = PostgresOptions::parse(&server.url(name))?;
    open_at(Location::Postgres(options), sets).await
}

/// Fills the log with what `announce` would have written.
pub(crate) async fn write(server: &Postgres, events: u32) {
    for first in (1..=events).step_by(BATCH as usize) {
        let last = events.min(first.saturating_add(BATCH - 1));
        let insert = |first: u32, last: u32| {
            format!(
                "insert into event_log (id, type, partition_key, sequence, correlation, causation, traceparent, \
                 recorded_at, data) select gen_random_uuid(), '{}', 'backlog-' || number % 1000, \
                 number / 1000 + 1, gen_random_uuid(), null, \
                 '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', \
                 cast(extract(epoch from now()) * 1000000 as bigint), json_build_object('number', number) \
                 from generate_series({first}, {last}) number order by number;",
                Written::TYPE
            )
        };
        let lost = format!("begin; {} rollback;", insert(last + 1, last + 1));
        server.psql("producer", &format!("{} {lost}", insert(first, last))).await;
    }
    server.psql("producer", "vacuum analyze event_log").await;
}

/// The position of the event with this number.
async fn position_of(server: &Postgres, number: u32) -> Result<i64, String> {
    let find = format!("select position from event_log order by position limit 1 offset {}", number - 1);
    let said = server.psql("producer", &find).await;
    said.parse().map_err(|_| format!("{said:?} is no position"))
}

/// Follows the log up to a position; gives how many seconds that took.
async fn follow(
    subscription: Subscription<()>,
    producer: &Db,
    consumer: &Db,
    to: i64,
    events: u32,
) -> Result<f64, String> {
    let progress = Arc::new(Progress::default());
    let options = RunnerOptions {
        consumer: "follower",
        holder: "follower/sole".to_owned(),
        db: consumer.clone(),
        clock: Clock::system(),
        entropy: Entropy::system(),
        progress: progress.clone(),
        spans: SpanRecorder::default(),
    };
    let feed = Box::new(LogFeed::new("backlog", producer.clone()));
    let started = Instant::now();
    let following = tokio::spawn(tradewind_events::run(Arc::new(subscription), Arc::new(()), feed, options));
    let limit = LIMIT_PER_THOUSAND * (events / 1_000 + 10);
    while progress.position() < to {
        if started.elapsed() > limit {
            return Err(format!("the subscription was at {} of {to} after {limit:?}", progress.position()));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    following.abort();
    // Aborted is what it should be.
    following.await.unwrap_or_default();
    Ok(seconds)
}
