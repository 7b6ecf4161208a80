//! Many transactions write into one log at a time; a reader passes over nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, MigrateMode, Tx, Work, lease, params, sql};
use tradewind_events::{Event, Feed, LogFeed, announce};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Postgres;

use crate::db::support::{context, handle, place};

/// How many events are written; the long form has 200,000.
const VARIABLE: &str = "TRADEWIND_LOG_ROWS";
const ROWS: i64 = 10_000;

const WRITERS: i64 = 16;

/// Transactions stay open for up to so many microseconds after they wrote.
const LONGEST_MICROS: u64 = 4_000;

/// One transaction in so many is rolled back after it wrote.
const ROLLED_BACK: u64 = 8;

sql! {
    DELAY = "select cast(1 as bigint) from (select pg_sleep(cast($1 as bigint) / 1000000.0)) as slept";
    AFTER = "select position from event_log where position > $1 order by position limit 500";
    POSITIONS = "select position from event_log order by position";
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ticked {
    pub clock: String,
}

impl Event for Ticked {
    const TYPE: &'static str = "tradewind.clocks.ticked.v1";

    fn partition_key(&self) -> String {
        self.clock.clone()
    }
}

/// Writes a few events and keeps its transaction open for a while.
struct Tick {
    clock: String,
    events: u64,
    delay_micros: i64,
    is_kept: bool,
}

impl Work for Tick {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        for _ in 0..self.events {
            announce(tx, &Ticked { clock: self.clock.clone() }).await?;
        }
        tx.query_one::<(i64,)>(&DELAY, params![self.delay_micros]).await?;
        if self.is_kept { Ok(()) } else { Err(DbError::Column { message: "on purpose".into() }) }
    }
}

async fn write(db: Db, writer: i64, rows: i64) -> i64 {
    let entropy = Entropy::system();
    let mut written = 0;
    while written < rows {
        let events = 1 + entropy.below(3);
        let delay = i64::try_from(entropy.below(LONGEST_MICROS)).unwrap();
        let is_kept = entropy.below(ROLLED_BACK) > 0;
        let clock = format!("clock-{writer}");
        let tick = Tick { clock, events, delay_micros: delay, is_kept };
        let done = db.write(&context(), tick).await;
        assert_eq!(done.is_ok(), is_kept, "{done:?}");
        written += if is_kept { i64::try_from(events).unwrap() } else { 0 };
    }
    written
}

/// Reads as services do until all is written and read.
async fn follow(db: Db, all_written: Arc<AtomicBool>) -> Vec<i64> {
    let (mut feed, mut seen) = (LogFeed::new("clocks", db.clone()), Vec::new());
    loop {
        let is_last = all_written.load(Ordering::SeqCst);
        let position = seen.last().copied().unwrap_or(0);
        let part = feed.read(position, 500).await.unwrap();
        if part.is_empty() && is_last && feed.head().await.unwrap() == position {
            return seen;
        }
        let is_empty = part.is_empty();
        seen.extend(part.iter().map(|event| event.position));
        if is_empty {
            db.clock().timeout(Duration::from_millis(20), feed.wait()).await.unwrap_or_default();
        }
    }
}

/// Reads whatever comes after the last one it saw.
async fn follow_naively(db: Db, all_written: Arc<AtomicBool>) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let is_last = all_written.load(Ordering::SeqCst);
        let position = seen.last().copied().unwrap_or(0);
        let part: Vec<(i64,)> = db.query(&AFTER, params![position]).await.unwrap();
        if part.is_empty() && is_last {
            return seen;
        }
        seen.extend(part.into_iter().map(|(position,)| position));
        db.clock().sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_passes_over_nothing_whatever_the_order_of_commits() {
    let rows = std::env::var(VARIABLE).map_or(ROWS, |rows| rows.parse().expect(VARIABLE));
    let (options, _) = place(Postgres::shared().await, "log").await;
    let db = handle(&options.clone().connections(16));
    let reader = handle(&options.connections(4));
    db.migrate(&[lease::MIGRATIONS, tradewind_events::MIGRATIONS], MigrateMode::Auto).await.unwrap();
    let (clock, all_written) = (Clock::system(), Arc::new(AtomicBool::new(false)));
    let begun = clock.monotonic();
    let followed = tokio::spawn(follow(db.clone(), all_written.clone()));
    let followed_elsewhere = tokio::spawn(follow(reader.clone(), all_written.clone()));
    let naively = tokio::spawn(follow_naively(reader.clone(), all_written.clone()));
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(db.clone(), writer, rows / WRITERS)));
    let written: i64 = join_all(writers).await.into_iter().map(Result::unwrap).sum();
    all_written.store(true, Ordering::SeqCst);
    let all: Vec<i64> =
        db.query::<(i64,)>(&POSITIONS, &[]).await.unwrap().into_iter().map(|row| row.0).collect();
    assert_eq!(i64::try_from(all.len()).unwrap(), written);
    let gaps = all.last().unwrap() - written;
    let passed_over = |seen: &[i64]| {
        let seen: BTreeSet<_> = seen.iter().collect();
        all.iter().filter(|position| !seen.contains(position)).count()
    };
    let (followed, elsewhere, naively) =
        (followed.await.unwrap(), followed_elsewhere.await.unwrap(), naively.await.unwrap());
    println!(
        "{written} events, {gaps} positions rolled back, {:.1} s: passed over {} and {}; a cursor alone passes over {}",
        (clock.monotonic() - begun).as_secs_f64(),
        passed_over(&followed),
        passed_over(&elsewhere),
        passed_over(&naively),
    );
    assert!(followed == all && elsewhere == all, "not all of it, or not in order");
    assert!(passed_over(&naively) > 0, "the test does not show what it is for");
}
