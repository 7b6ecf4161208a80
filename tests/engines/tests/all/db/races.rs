//! Works that meet each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use tradewind_db::{Db, DbError, Tx, Work, params};
use tradewind_testkit::within;

use super::support::{HALF, INSERT, SET_HALF, context, database, handle, insert, keys};

/// Reads a number and writes it back, one greater.
struct Increment;

impl Work for Increment {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let (half,): (i64,) = tx.query_one(&HALF, params![1_i64]).await?;
        tx.execute(&SET_HALF, params![1_i64, half + 1]).await.map(drop)
    }
}

async fn half(db: &Db, key: i64) -> i64 {
    db.query::<(i64,)>(&HALF, params![key]).await.unwrap()[0].0
}

#[tokio::test(flavor = "multi_thread")]
async fn no_increment_is_lost() {
    let (one, options) = database("increments", 3).await;
    let other = handle(&options);
    insert(&one, 1).await.unwrap();
    let tasks = (0..16).map(|task| {
        let db = if task % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move {
            for _ in 0..100 {
                // Given up after many attempts, nothing of it was kept: the caller comes again.
                while let Err(error) = db.write(&context(), Increment).await {
                    assert!(matches!(error, DbError::Conflict { .. }), "{error}");
                }
            }
        })
    });
    for task in within("the increments", join_all(tasks)).await {
        task.unwrap();
    }
    assert_eq!(half(&one, 1).await, 1_600);
    assert!(one.stats().rollbacks + other.stats().rollbacks > 0, "they met");
}

/// In the first runs of two works: goes on when both are here. Asks the database meanwhile, because a work awaits
/// nothing else.
async fn both_here(tx: &mut Tx, runs: &AtomicU32) -> Result<(), DbError> {
    runs.fetch_add(1, Ordering::SeqCst);
    while runs.load(Ordering::SeqCst) < 2 {
        tx.query_optional::<(i64,)>(&HALF, params![1_i64]).await?;
    }
    Ok(())
}

/// Takes two rows one after the other; both works have taken their first before either asks for its second.
struct Crossed {
    rows: [i64; 2],
    runs: Arc<AtomicU32>,
}

impl Work for Crossed {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let mut is_first = true;
        for row in self.rows {
            let (half,): (i64,) = tx.query_one(&HALF, params![row]).await?;
            tx.execute(&SET_HALF, params![row, half + 1]).await?;
            if std::mem::take(&mut is_first) {
                both_here(tx, &self.runs).await?;
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn works_that_wait_for_each_other_are_both_committed() {
    let (db, _) = database("deadlock", 2).await;
    for key in [1, 2] {
        insert(&db, key).await.unwrap();
    }
    let runs = Arc::new(AtomicU32::new(0));
    let [one, other] = [[1, 2], [2, 1]].map(|rows| {
        let (db, work) = (db.clone(), Crossed { rows, runs: runs.clone() });
        tokio::spawn(async move { db.write(&context(), work).await })
    });
    let both = within("both works", async { (one.await.unwrap(), other.await.unwrap()) }).await;
    assert_eq!(both, (Ok(()), Ok(())));
    assert_eq!((half(&db, 1).await, half(&db, 2).await), (2, 2));
    assert!(db.stats().rollbacks > 0, "they waited for each other");
}

/// Writes a row unless it is there; tells whether it wrote.
struct Once {
    runs: Arc<AtomicU32>,
    constraint_only: bool,
}

impl Work for Once {
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let found: Option<(i64,)> = tx.query_optional(&HALF, params![7_i64]).await?;
        both_here(tx, &self.runs).await?;
        if found.is_some() && !self.constraint_only {
            return Ok(false);
        }
        tx.execute(&INSERT, params![7_i64, 0_i64]).await.map(|_| true)
    }
}

async fn both(constraint_only: bool) -> (Vec<Result<bool, DbError>>, u32) {
    let (db, _) = database("unique", 2).await;
    let runs = Arc::new(AtomicU32::new(0));
    let tasks = [0, 1].map(|_| {
        let (db, runs) = (db.clone(), runs.clone());
        tokio::spawn(async move { db.write(&context(), Once { runs, constraint_only }).await })
    });
    let mut done = Vec::new();
    for task in tasks {
        done.push(within("a work", task).await.unwrap());
    }
    assert_eq!(keys(&db).await, [7]);
    done.sort_by_key(|done| *done == Ok(true));
    (done, runs.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_its_row_written_meanwhile_runs_again_and_sees_it() {
    assert_eq!(both(false).await, (vec![Ok(false), Ok(true)], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_wrong_is_not_tried_for_ever() {
    let (done, runs) = both(true).await;
    assert!(matches!(done[..], [Err(DbError::Constraint { .. }), Ok(true)]), "{done:?}");
    assert_eq!(runs, 3);
}
