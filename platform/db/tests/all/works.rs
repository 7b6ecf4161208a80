//! One work at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tradewind_db::{DbError, params, work};

use crate::support::{Ending, Folder, INSERT, KEYS, Pair, context, in_memory, keys, open};

#[tokio::test]
async fn nothing_is_kept_of_a_work_that_did_not_end_well() {
    let folder = Folder::new();
    for db in [in_memory().await, open(&folder.file()).await] {
        for ending in [
            Ending::RefuseWritten,
            Ending::Panic,
            Ending::HideFailure,
            Ending::AwaitForeign,
            Ending::RefusedByCommit,
        ] {
            let error = db.write(&context(), Pair { number: 1, ending }).await.unwrap_err();
            match ending {
                Ending::AwaitForeign => assert_eq!(error, DbError::ForeignAwait),
                Ending::Panic => assert_eq!(error, DbError::Panicked { message: "on purpose".into() }),
                Ending::HideFailure | Ending::RefusedByCommit => {
                    assert!(matches!(error, DbError::Constraint { .. }), "{error}");
                }
                _ => assert!(matches!(error, DbError::Column { .. }), "{error}"),
            }
            assert_eq!(keys(&db).await, Vec::<i64>::new(), "{ending:?}");
        }
        db.write(&context(), Pair { number: 1, ending: Ending::Keep }).await.unwrap();
        assert_eq!(keys(&db).await, [2, 3]);
    }
}

#[tokio::test]
async fn awaiting_a_timer_inside_a_work_is_refused_by_name() {
    let folder = Folder::new();
    for db in [in_memory().await, open(&folder.file()).await] {
        let sleeping = work(|_| {
            Box::pin(async {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                Ok::<_, DbError>(())
            })
        });
        assert_eq!(db.write(&context(), sleeping).await, Err(DbError::ForeignAwait));
    }
}

#[tokio::test]
async fn a_conflict_runs_the_work_again_and_ends_at_a_bound() {
    let db = in_memory().await;
    for (conflicts, expected) in [(99, Err(DbError::Conflict { attempts: 5 })), (2, Ok(3))] {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let retried = work(move |tx| {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                tx.execute(&INSERT, params![i64::from(run) + 100, 0_i64]).await?;
                if run < conflicts { Err(tx.conflict()) } else { Ok(run + 1) }
            })
        });
        assert_eq!(db.write(&context(), retried).await, expected);
    }
    // Only the run that ended well left its row.
    assert_eq!(keys(&db).await, [102]);
}

#[tokio::test]
async fn hooks_run_after_the_commit_and_only_then() {
    let db = in_memory().await;
    let calls = Arc::new(AtomicU32::new(0));
    for refuse in [true, false] {
        let counted = calls.clone();
        let hooked = work(move |tx| {
            let counted = counted.clone();
            Box::pin(async move {
                tx.after_commit(move || {
                    counted.fetch_add(1, Ordering::Relaxed);
                });
                if refuse { Err(DbError::Closed) } else { Ok(()) }
            })
        });
        assert_eq!(db.write(&context(), hooked).await.is_err(), refuse);
        assert_eq!(calls.load(Ordering::Relaxed), u32::from(!refuse));
    }
}

#[tokio::test]
async fn a_read_sees_one_state_and_cannot_write() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    db.write(&context(), Pair { number: 1, ending: Ending::Keep }).await.unwrap();
    let read = work(|tx| Box::pin(async { Ok::<_, DbError>(tx.query::<(i64,)>(&KEYS, &[]).await?.len()) }));
    assert_eq!(db.read(&context(), read).await, Ok(2));
    let written = db.read(&context(), Pair { number: 2, ending: Ending::Keep }).await;
    assert!(matches!(written, Err(DbError::Statement { .. })), "{written:?}");
    assert_eq!(keys(&db).await, [2, 3]);
}

#[tokio::test]
async fn a_closed_database_says_so() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    db.close().await;
    let refused = db.write(&context(), Pair { number: 1, ending: Ending::Keep }).await;
    assert_eq!(refused, Err(DbError::Closed));
    assert!(!folder.0.join("test.db-wal").exists(), "the journal is folded into the file");
}

#[tokio::test]
async fn a_statement_with_the_wrong_number_of_parameters_is_named() {
    let db = in_memory().await;
    let wrong = work(|tx| Box::pin(async { tx.execute(&INSERT, params![1_i64]).await }));
    let error = db.write(&context(), wrong).await.unwrap_err();
    assert!(error.to_string().contains("2 parameters expected, 1 given"), "{error}");
}

tradewind_db::sql! { ECHO = "select $1"; }

#[tokio::test]
async fn a_text_that_no_other_engine_takes_is_refused() {
    let db = in_memory().await;
    assert_eq!(db.query::<(String,)>(&ECHO, params!["a"]).await.unwrap(), [("a".to_owned(),)]);
    let refused = db.query::<(String,)>(&ECHO, params!["a\0"]).await;
    assert!(
        matches!(&refused, Err(DbError::Column { message }) if message.contains("U+0000")),
        "{refused:?}"
    );
}
