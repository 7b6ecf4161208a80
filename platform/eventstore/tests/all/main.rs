//! Streams with an expected version, on a real database in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    unreachable_pub,
    reason = "a test that cannot go on should stop, tests own their tasks, and upcasters take what they change"
)]

mod snapshots;
mod upcasting;

use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, work};
use tradewind_eventstore::{Aggregate, DomainEvent, Loaded, MIGRATIONS, append, load};
use tradewind_kernel::{Clock, Context, Entropy, Principal};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Counter(i64);

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Counted {
    Added(i64),
}

impl DomainEvent for Counted {
    fn name(&self) -> &'static str {
        "added"
    }
}

impl Aggregate for Counter {
    type Event = Counted;
    type Command = i64;
    type Refusal = String;

    fn decide(&self, command: i64) -> Result<Vec<Counted>, String> {
        if self.0 + command > 10 { Err("full".into()) } else { Ok(vec![Counted::Added(command)]) }
    }

    fn apply(self, event: &Counted) -> Self {
        let Counted::Added(count) = event;
        Self(self.0 + count)
    }
}

async fn open() -> (Db, Context) {
    let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let options =
        Options { location: Location::Memory, execution: Execution::Inline, readers: 1, clock, entropy };
    let db = Db::open(options).unwrap();
    db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
    (db, context)
}

#[tokio::test]
async fn a_stream_folds_into_its_state() {
    let (db, context) = open().await;
    let add = work(|tx| {
        Box::pin(async move {
            for count in [3, 4, 5] {
                let counter: Loaded<Counter> = load(tx, "counter-1").await?;
                if let Ok(events) = counter.state.decide(count) {
                    append::<Counter>(tx, "counter-1", counter.version, &events).await?;
                }
            }
            load::<Counter>(tx, "counter-1").await
        })
    });
    let counter = db.write(&context, add).await.unwrap();
    assert_eq!(counter, Loaded { state: Counter(7), version: 2 });
}

#[tokio::test]
async fn an_old_version_is_a_conflict_and_writes_nothing() {
    let (db, context) = open().await;
    let append_at = |version: i64| {
        work(move |tx| {
            Box::pin(async move {
                append::<Counter>(tx, "counter-1", version, &[Counted::Added(1), Counted::Added(1)]).await
            })
        })
    };
    assert_eq!(db.write(&context, append_at(0)).await, Ok(2));
    assert!(matches!(db.write(&context, append_at(1)).await, Err(DbError::Conflict { .. })));
    assert_eq!(db.write(&context, append_at(2)).await, Ok(4));
}

#[tokio::test]
async fn an_unknown_stream_is_the_default_state() {
    let (db, context) = open().await;
    let read = work(|tx| Box::pin(async { load::<Counter>(tx, "nothing").await }));
    assert_eq!(db.read(&context, read).await, Ok(Loaded { state: Counter(0), version: 0 }));
}
