//! A work that others overtake again and again: it waits for them before its next run looks at anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_testkit::within;

use super::support::{HALF, SET_HALF, context, database, insert};

sql! {
    ALONE = { postgres: "lock table entry in exclusive mode", sqlite: "select 0 where false" };
    TOGETHER = { postgres: "lock table entry in row share mode", sqlite: "select 0 where false" };
    SHARED = { postgres: "select half from entry where key = $1 for share", sqlite: "select half from entry where key = $1" };
}

/// Changes a row that it has alone.
struct Step;

impl Work for Step {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&ALONE, &[]).await?;
        let (half,): (i64,) = tx.query_one(&HALF, params![1_i64]).await?;
        tx.execute(&SET_HALF, params![1_i64, half + 1]).await.map(drop)
    }
}

/// Looks at one row, and then needs the other to stay as it was then.
struct Follow(Arc<AtomicU32>);

impl Work for Follow {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        tx.query_optional::<(i64,)>(&HALF, params![2_i64]).await?;
        tx.begin_again_with(&TOGETHER);
        tx.query_optional::<(i64,)>(&SHARED, params![1_i64]).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_that_was_overtaken_waits_before_it_looks_again() {
    let (db, _) = database("overtaken", 3).await;
    insert(&db, 1).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let steps = [(); 2].map(|()| {
        let (db, is_over) = (db.clone(), is_over.clone());
        tokio::spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                db.write(&context(), Step).await.unwrap();
            }
        })
    });
    let mut most = 0;
    for _ in 0..50 {
        let runs = Arc::new(AtomicU32::new(0));
        within("a follower", db.write(&context(), Follow(runs.clone()))).await.unwrap();
        most = most.max(runs.load(Ordering::Relaxed));
    }
    is_over.store(true, Ordering::Relaxed);
    for step in steps {
        within("the steps", step).await.unwrap();
    }
    assert_eq!(most, 2, "overtaken once, never twice");
}
