use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use tradewind_db::{
    Db, DbError, Execution, Location, MigrateMode, Migration, MigrationSet, Options, Tx, Work, lease, params,
    sql, work,
};
use tradewind_events::{Event, LogFeed, Progress, Received, RunnerOptions, Subscription, announce};
use tradewind_kernel::{Clock, Context, Entropy, Principal, SpanRecorder, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LampLit {
    pub lamp: String,
    pub count: i64,
}

impl Event for LampLit {
    const TYPE: &'static str = "tradewind.lamps.lamp-lit.v1";

    fn partition_key(&self) -> String {
        self.lamp.clone()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LampBroken {
    pub lamp: String,
}

impl Event for LampBroken {
    const TYPE: &'static str = "tradewind.lamps.lamp-broken.v1";

    fn partition_key(&self) -> String {
        self.lamp.clone()
    }
}

pub const SEEN: MigrationSet = MigrationSet {
    component: "consumer",
    migrations: &[Migration {
        version: 1,
        name: "create_seen",
        text: "create table seen (place {serial}, lamp text not null, count bigint not null)",
    }],
};

sql! {
    pub INSERT = "insert into seen (lamp, count) values ($1, $2)";
    ALL = "select lamp, count from seen order by place";
    CURSOR = "select position from event_cursor";
}

pub struct World {
    pub producer: Db,
    pub consumer: Db,
    pub clock: Clock,
    pub entropy: Entropy,
}

pub async fn world() -> World {
    let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
    let entropy = Entropy::seeded(1);
    let options = |label| Options {
        location: Location::Memory,
        execution: Execution::Inline,
        readers: 1,
        clock: clock.clone(),
        entropy: entropy.fork(label),
    };
    let producer = Db::open(options("producer")).unwrap();
    let consumer = Db::open(options("consumer")).unwrap();
    for db in [&producer, &consumer] {
        db.migrate(&[lease::MIGRATIONS, tradewind_events::MIGRATIONS, SEEN], MigrateMode::Auto)
            .await
            .unwrap();
    }
    World { producer, consumer, clock, entropy }
}

impl World {
    pub fn context(&self) -> Context {
        Context::begin(Principal::Anonymous, &self.clock, &self.entropy)
    }

    pub async fn light(&self, lamp: &str, count: i64) -> i64 {
        let event = LampLit { lamp: lamp.into(), count };
        self.tell(event).await
    }

    pub async fn tell<E: Event + Clone>(&self, event: E) -> i64 {
        let tell = work(move |tx| {
            let event = event.clone();
            Box::pin(async move { announce(tx, &event).await })
        });
        self.producer.write(&self.context(), tell).await.unwrap()
    }

    pub fn feed(&self) -> LogFeed {
        LogFeed::new("lamps", self.producer.clone())
    }

    pub fn options(&self, progress: &Arc<Progress>) -> RunnerOptions {
        RunnerOptions {
            consumer: "watchers",
            holder: "watchers/1".into(),
            db: self.consumer.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.fork("runner"),
            progress: progress.clone(),
            spans: SpanRecorder::default(),
        }
    }

    pub async fn seen(&self) -> Vec<(String, i64)> {
        self.consumer.query(&ALL, &[]).await.unwrap()
    }

    pub async fn cursor(&self) -> i64 {
        self.consumer.query_optional::<(i64,)>(&CURSOR, &[]).await.unwrap().unwrap_or_default().0
    }
}

/// The consumer's state: how often a handler still fails, and how often one ran.
#[derive(Default)]
pub struct Watcher {
    pub fail_at: Option<i64>,
    pub failures_left: AtomicU32,
    pub runs: AtomicU32,
}

/// Writes down what was seen, after failing as often as asked.
pub struct See {
    event: LampLit,
    fail: bool,
}

impl Work for See {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&INSERT, params![self.event.lamp, self.event.count]).await?;
        if self.fail {
            return Err(DbError::Column { message: "on purpose".into() });
        }
        Ok(())
    }
}

fn see(watcher: &Watcher, received: Received<LampLit>) -> See {
    watcher.runs.fetch_add(1, Ordering::Relaxed);
    let chosen = watcher.fail_at == Some(received.count);
    let fail = chosen
        && watcher
            .failures_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok();
    See { event: received.event, fail }
}

pub fn subscription() -> Subscription<Watcher> {
    Subscription::to("lamps").on::<LampLit, _>(see)
}
