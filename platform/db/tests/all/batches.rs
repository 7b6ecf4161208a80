//! Many works in one commit.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tradewind_db::{Db, DbError, sql, work};

use crate::support::{Ending, Folder, Gate, Pair, context, keys, open};

/// Runs one work per ending so that all of them wait for the writer at the same time.
async fn run_gathered(db: &Db, endings: &[Ending]) -> Vec<Result<i64, DbError>> {
    let (gate, release) = Gate::new();
    let holder = tokio::spawn({
        let db = db.clone();
        async move { db.write(&context(), gate).await }
    });
    let mut waiting = Vec::new();
    for (number, ending) in endings.iter().enumerate() {
        let (db, ending, number) = (db.clone(), *ending, i64::try_from(number).unwrap());
        waiting.push(tokio::spawn(async move { db.write(&context(), Pair { number, ending }).await }));
    }
    // Each task runs until it waits for its answer; then everything is queued.
    for _ in 0..endings.len() + 2 {
        tokio::task::yield_now().await;
    }
    drop(release);
    holder.await.unwrap().unwrap();
    let mut results = Vec::new();
    for task in waiting {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn waiting_works_share_one_commit() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    let before = db.stats();
    let results = run_gathered(&db, &[Ending::Keep; 100]).await;
    assert!(results.iter().all(Result::is_ok));
    let after = db.stats();
    assert_eq!(after.works - before.works, 101);
    // The gate's own commit and one for all the others; the gate may share it.
    assert!(after.commits - before.commits <= 2, "{} commits", after.commits - before.commits);
    assert_eq!(keys(&db).await.len(), 200);
}

#[tokio::test]
async fn a_refusal_that_wrote_nothing_does_not_disturb_the_others() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    let before = db.stats();
    let mut endings = [Ending::Keep; 20];
    endings[7] = Ending::RefuseUnwritten;
    let results = run_gathered(&db, &endings).await;
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    assert_eq!(db.stats().rollbacks, before.rollbacks);
    assert!(db.stats().commits - before.commits <= 2);
}

sql! {
    LIMIT_PAGES = "pragma max_page_count = 12";
}

#[tokio::test]
async fn a_full_disk_voids_the_whole_batch_and_nothing_else() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    db.write(&context(), Pair { number: 100_000, ending: Ending::Keep }).await.unwrap();
    let limit = work(|tx| Box::pin(async { tx.query::<(i64,)>(&LIMIT_PAGES, &[]).await.map(drop) }));
    db.write(&context(), limit).await.unwrap();
    let mut stored = 0;
    let mut refused = 0;
    // Each round is one batch of a hundred works; a few pages hold only a few batches.
    for round in 0..40 {
        let writes: Vec<_> = (0..100)
            .map(|at| {
                let (db, number) = (db.clone(), round * 100 + at);
                tokio::spawn(async move { db.write(&context(), Pair { number, ending: Ending::Keep }).await })
            })
            .collect();
        for write in writes {
            match write.await.unwrap() {
                Ok(_) => stored += 1,
                Err(DbError::Storage { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(refused > 0, "the disk never filled up");
    let found = keys(&db).await;
    assert_eq!(found.len(), 2 * (stored + 1), "what was answered is there, and nothing else");
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        6 => Just(Ending::Keep),
        1 => Just(Ending::RefuseUnwritten),
        1 => Just(Ending::RefuseWritten),
        1 => Just(Ending::Panic),
        1 => Just(Ending::HideFailure),
        1 => Just(Ending::AwaitForeign),
        1 => Just(Ending::RefusedByCommit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_keeps_exactly_the_works_that_ended_well(endings in prop::collection::vec(ending(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = Folder::new();
            let db = open(&folder.file()).await;
            let results = run_gathered(&db, &endings).await;
            let mut expected = BTreeSet::new();
            for (number, (ending, result)) in endings.iter().zip(&results).enumerate() {
                assert_eq!(result.is_ok(), *ending == Ending::Keep, "{ending:?}");
                if result.is_ok() {
                    let number = i64::try_from(number).unwrap();
                    expected.extend([2 * number, 2 * number + 1]);
                }
            }
            assert_eq!(keys(&db).await, expected.into_iter().collect::<Vec<_>>());
        });
    }
}
