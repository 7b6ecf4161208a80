//! What a work leaves behind, however it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_kernel::Clock;

use super::support::{INSERT, LINK, context, database, insert, keys};

/// What a work does after it wrote its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Keep,
    Refuse,
    RefuseUnwritten,
    Panic,
    HideFailure,
    /// Waits for time to pass.
    Sleep,
    /// Waits for another task.
    Join,
    /// Lets go of a statement that is under way, then waits for something else.
    Abandon,
    /// What it wrote is wrong only when it is to be committed.
    RefusedByCommit,
}

struct Row {
    key: i64,
    ending: Ending,
    /// How often it ran, and how often its hook.
    runs: Arc<(AtomicU32, AtomicU32)>,
}

impl Work for Row {
    type Output = i64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<i64, DbError> {
        self.runs.0.fetch_add(1, Ordering::Relaxed);
        let runs = self.runs.clone();
        tx.after_commit(move || {
            runs.1.fetch_add(1, Ordering::Relaxed);
        });
        let refusal = || DbError::Column { message: "refused".into() };
        if self.ending == Ending::RefuseUnwritten {
            return Err(refusal());
        }
        tx.execute(&INSERT, params![self.key, 0_i64]).await?;
        match self.ending {
            Ending::Refuse => return Err(refusal()),
            Ending::Panic => panic!("on purpose"),
            Ending::HideFailure => drop(tx.execute(&INSERT, params![self.key, 0_i64]).await),
            Ending::Sleep => Clock::system().sleep(Duration::from_secs(3600)).await,
            Ending::Join => tokio::spawn(std::future::pending()).await.unwrap(),
            Ending::Abandon => {
                abandon(tx, -self.key);
                std::future::pending::<()>().await;
            }
            Ending::RefusedByCommit => drop(tx.execute(&LINK, params![-1_i64]).await?),
            Ending::Keep | Ending::RefuseUnwritten => {}
        }
        Ok(self.key)
    }
}

sql! {
    /// Never answered before the first poll has ended.
    SLOW = {
        postgres: "insert into entry (key, half) select $1, 0 from (select pg_sleep(0.3)) as slept",
        sqlite: "insert into entry (key, half) values ($1, 0)",
    };
}

/// Begins a statement and lets it go.
fn abandon(tx: &mut Tx, key: i64) {
    let values: &[_] = params![key];
    let mut statement = Box::pin(tx.execute(&SLOW, values));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(statement.as_mut().poll(&mut context).is_pending());
}

#[tokio::test]
async fn a_work_is_kept_whole_or_not_at_all_and_its_connection_goes_on() {
    let (db, _) = database("works", 1).await;
    let mut kept = Vec::new();
    let endings = [
        (Ending::Keep, "Ok(1)"),
        (Ending::Refuse, "Err(Column"),
        (Ending::RefuseUnwritten, "Err(Column"),
        (Ending::Panic, "Err(Panicked"),
        (Ending::HideFailure, "Err(Constraint"),
        (Ending::Sleep, "Err(ForeignAwait"),
        (Ending::Join, "Err(ForeignAwait"),
        (Ending::Abandon, "Err(ForeignAwait"),
        (Ending::RefusedByCommit, "Err(Constraint"),
    ];
    for (key, (ending, outcome)) in (1..).zip(endings) {
        let runs = Arc::default();
        let done = db.write(&context(), Row { key, ending, runs: Arc::clone(&runs) }).await;
        assert!(format!("{done:?}").starts_with(outcome), "{ending:?}: {done:?}");
        assert_eq!(runs.1.load(Ordering::Relaxed), u32::from(done.is_ok()), "{ending:?}: hooks");
        // The only connection takes the next work, outside of what the last one began.
        insert(&db, 100 + key).await.unwrap();
        kept.extend(done.ok());
        kept.push(100 + key);
        kept.sort_unstable();
        assert_eq!(keys(&db).await, kept, "{ending:?}");
    }
    db.close().await;
    assert_eq!(insert(&db, 1).await, Err(DbError::Closed));
}

#[tokio::test]
async fn a_read_sees_one_state_and_cannot_write() {
    let (db, _) = database("reads", 2).await;
    let runs = Arc::default();
    let refused = db.read(&context(), Row { key: 1, ending: Ending::Keep, runs: Arc::clone(&runs) }).await;
    assert!(matches!(&refused, Err(DbError::Storage { .. } | DbError::Statement { .. })), "{refused:?}");
    assert_eq!((keys(&db).await, runs.1.load(Ordering::Relaxed)), (vec![], 0));
}
