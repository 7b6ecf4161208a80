//! Races that show mistakes in code that runs on a server only; with the feature `mutants` each is made, and seen.
//!
//! The tests have a runtime of one thread: what is planted is planted for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tradewind_db::{Db, DbError, MigrateMode, Tx, Work, lease, params};
use tradewind_events::{Feed, LogFeed, announce};
use tradewind_testkit::{Postgres, until, within};

use crate::db::support::{HALF, SET_HALF, context, database, handle, insert, place};
use crate::log::Ticked;

tradewind_db::sql! {
    NOW = "select cast(1 as bigint)";
    /// How many locks the transaction that asks keeps others from. (The view of activity would not do: what it shows
    /// stays the same for a whole transaction.)
    WAITING = {
        postgres: "select count(*) from pg_locks
            where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))",
        sqlite: "select 0",
    };
}

async fn ask(tx: &mut Tx) -> Result<(), DbError> {
    tx.query_one::<(i64,)>(&NOW, &[]).await.map(drop)
}

/// Reads a number and writes it back, one greater, when both works have read it.
struct Increment(Arc<AtomicU32>);

impl Work for Increment {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let (half,): (i64,) = tx.query_one(&HALF, params![1_i64]).await?;
        self.0.fetch_add(1, Ordering::SeqCst);
        while self.0.load(Ordering::SeqCst) < 2 {
            ask(tx).await?;
        }
        tx.execute(&SET_HALF, params![1_i64, half + 1]).await.map(drop)
    }
}

/// Of two who change what both have read, the second runs again: both changes are kept, and nobody hears of it.
async fn increments() -> Result<(), String> {
    let (db, _) = database("increments", 2).await;
    insert(&db, 1).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let [one, other] = [0, 1].map(|_| {
        let (db, work) = (db.clone(), Increment(runs.clone()));
        tokio::spawn(async move { db.write(&context(), work).await })
    });
    let both = within("both works", async { (one.await.unwrap(), other.await.unwrap()) }).await;
    let half = db.query::<(i64,)>(&HALF, params![1_i64]).await.unwrap()[0].0;
    if both == (Ok(()), Ok(())) && half == 2 {
        Ok(())
    } else {
        Err(format!("{both:?}, and {half} in the end"))
    }
}

/// Announces something and stays open until somebody has read.
struct Slow {
    has_announced: Arc<AtomicBool>,
    has_read: Arc<AtomicBool>,
}

impl Work for Slow {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        announce(tx, &Ticked { clock: "slow".into() }).await?;
        self.has_announced.store(true, Ordering::SeqCst);
        while !self.has_read.load(Ordering::SeqCst) {
            ask(tx).await?;
        }
        Ok(())
    }
}

struct Quick;

impl Work for Quick {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        announce(tx, &Ticked { clock: "quick".into() }).await.map(drop)
    }
}

async fn log(label: &str) -> Db {
    let (options, _) = place(Postgres::shared().await, label).await;
    let db = handle(&options.connections(4));
    db.migrate(&[lease::MIGRATIONS, tradewind_events::MIGRATIONS], MigrateMode::Auto).await.unwrap();
    db
}

/// An event that got its position first and is committed last is read all the same.
async fn gap() -> Result<(), String> {
    let db = log("gap").await;
    let (has_announced, has_read) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let slow = Slow { has_announced: has_announced.clone(), has_read: has_read.clone() };
    let slow = tokio::spawn({
        let db = db.clone();
        async move { db.write(&context(), slow).await }
    });
    until("the first has announced", async || has_announced.load(Ordering::SeqCst).then_some(())).await;
    db.write(&context(), Quick).await.unwrap();
    let mut feed = LogFeed::new("clocks", db.clone());
    let mut seen: Vec<i64> = positions(&mut feed, 0).await;
    has_read.store(true, Ordering::SeqCst);
    within("the first", slow).await.unwrap().unwrap();
    let head = feed.head().await.unwrap();
    while seen.last() != Some(&head) {
        db.clock().timeout(Duration::from_millis(20), feed.wait()).await.unwrap_or_default();
        let after = seen.last().copied().unwrap_or(0);
        seen.extend(positions(&mut feed, after).await);
    }
    if seen == [1, 2] { Ok(()) } else { Err(format!("read {seen:?}")) }
}

async fn positions(feed: &mut LogFeed, after: i64) -> Vec<i64> {
    feed.read(after, 100).await.unwrap().iter().map(|event| event.position).collect()
}

/// Checks its lease and stays open until who takes it waits, or has taken it; tells whether it was taken.
struct Guarded {
    token: i64,
    has_checked: Arc<AtomicBool>,
    is_taken: Arc<AtomicBool>,
}

impl Work for Guarded {
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        lease::check(tx, "lamp", self.token).await?;
        self.has_checked.store(true, Ordering::SeqCst);
        while !self.is_taken.load(Ordering::SeqCst) {
            let (waiting,): (i64,) = tx.query_one(&WAITING, &[]).await?;
            if waiting > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

struct Seize;

impl Work for Seize {
    type Output = i64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<i64, DbError> {
        lease::seize(tx, "lamp", "somebody", Duration::from_secs(60)).await
    }
}

/// Who takes a lease waits for those who have just shown its token.
async fn takeover() -> Result<(), String> {
    let db = log("takeover").await;
    let token = db.write(&context(), Seize).await.unwrap();
    let (has_checked, is_taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let guarded = Guarded { token, has_checked: has_checked.clone(), is_taken: is_taken.clone() };
    let guarded = tokio::spawn({
        let db = db.clone();
        async move { db.write(&context(), guarded).await }
    });
    until("the lease is checked", async || has_checked.load(Ordering::SeqCst).then_some(())).await;
    within("the takeover", db.write(&context(), Seize)).await.unwrap();
    is_taken.store(true, Ordering::SeqCst);
    match within("the guarded work", guarded).await.unwrap() {
        Ok(false) => Ok(()),
        Ok(true) => Err("a write under the old token was kept after the takeover".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn two_changes_of_one_row_are_both_kept() {
    increments().await.unwrap();
}

#[tokio::test]
async fn an_event_that_is_committed_late_is_read() {
    gap().await.unwrap();
}

#[tokio::test]
async fn a_takeover_waits_for_who_has_shown_the_token() {
    takeover().await.unwrap();
}

#[cfg(feature = "mutants")]
#[tokio::test]
async fn each_mutant_that_a_race_has_to_notice_is_noticed() {
    use tradewind_kernel::Catcher;

    for mutant in tradewind_fleet::mutants() {
        if mutant.catcher() != Catcher::Race {
            continue;
        }
        let planted = mutant.plant();
        let seen = match mutant.name() {
            "db.postgres.read-committed" | "db.postgres.conflict-told" => increments().await,
            "db.lease.check-without-lock" => takeover().await,
            "events.settled.gap-passed-over" => gap().await,
            name => panic!("no race is there for {name}"),
        };
        drop(planted);
        println!("{mutant}: {seen:?}");
        assert!(seen.is_err(), "{mutant} is not noticed");
    }
}
