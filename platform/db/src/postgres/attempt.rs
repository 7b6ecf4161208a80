//! Running a work in transactions of its own until one commits or it makes no sense any more.

use std::sync::Arc;
use std::time::Duration;

use crate::driver::postgres::failure::Failure;
use crate::driver::postgres::statement;
use crate::driver::postgres::transaction::Open;
use crate::fault_points::{AFTER_COMMIT, BEFORE_COMMIT};
use crate::job::{Job, Verdict};
use crate::postgres::engine::Postgres;
use crate::stats::Counters;
use crate::tx::{Source, Tx};
use crate::{ConnectCause, DbError, Sql, mutants};

/// How often a work runs when it keeps meeting concurrent changes. More than on the embedded engine, where
/// nothing else writes: here several replicas do.
const MAX_ATTEMPTS: u32 = 12;

/// How often a work runs again after a constraint refused it: whoever wrote the row that is in the way may have
/// committed after the work had looked for it.
const MAX_CONSTRAINT_RERUNS: u32 = 1;

/// How often a work runs again because its connection broke before the commit.
const MAX_LOST: u32 = 2;

/// How long one run of a work may take; its statements have limits of their own on the server.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// The longest pause before the first rerun, in microseconds; it doubles.
const FIRST_PAUSE_MICROS: u64 = 500;

/// What one reader sees does not change while it runs, and of two that change one row the second runs again.
/// Not `serializable`: see ADR 0023.
const BEGIN: &str = "begin isolation level repeatable read";

/// A transaction that only reads.
pub(crate) const BEGIN_READING: &str = "begin isolation level repeatable read read only";

/// How one run ended when the work was not answered.
enum Again {
    Conflict,
    Constraint,
    Lost(DbError),
}

/// Runs `job` and answers it.
pub(crate) async fn run(engine: Arc<Postgres>, source: Source, mut job: Box<dyn Job>) {
    let (mut constraints, mut lost, mut first) = (0, 0, None);
    for attempt in 1..=MAX_ATTEMPTS {
        if !job.is_wanted() {
            return;
        }
        let Err(again) = run_once(&engine, &source, &mut job, &mut first).await else { return };
        Counters::add(&source.counters.rollbacks, 1);
        match again {
            Again::Conflict if mutants::CONFLICT_TOLD.is_planted() => {
                return job.fail(DbError::Conflict { attempts: attempt });
            }
            Again::Conflict => {}
            Again::Constraint if constraints < MAX_CONSTRAINT_RERUNS => constraints += 1,
            Again::Constraint => return job.answer(),
            Again::Lost(_) if lost < MAX_LOST => lost += 1,
            Again::Lost(error) => return job.fail(error),
        }
        let most = FIRST_PAUSE_MICROS << attempt.min(8);
        source.clock.sleep(Duration::from_micros(source.entropy.below(most))).await;
    }
    job.fail(DbError::Conflict { attempts: MAX_ATTEMPTS });
}

/// `Ok` when the job was answered. `first` is what the run begins with, and then what the next one shall begin with.
async fn run_once(
    engine: &Arc<Postgres>,
    source: &Source,
    job: &mut Box<dyn Job>,
    first: &mut Option<&'static Sql>,
) -> Result<(), Again> {
    let text = if mutants::READ_COMMITTED.is_planted() { "begin" } else { BEGIN };
    let mut tx = match begin(engine, source, text).await {
        Ok(tx) => tx,
        Err(error) => {
            job.fail(error);
            return Ok(());
        }
    };
    if let Some(first) = first.take() {
        match source.clock.timeout(RUN_LIMIT, tx.execute(first, &[])).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return lost_at_once(tx, error, job).await,
            Err(_) => {
                job.fail(too_long());
                return Ok(());
            }
        }
    }
    let Ok(verdict) = source.clock.timeout(RUN_LIMIT, job.attempt_waiting(&mut tx)).await else {
        job.fail(too_long());
        return Ok(());
    };
    let failure = tx.failure().cloned();
    let hooks = tx.take_hooks();
    *first = tx.take_first();
    let Some(open) = tx.into_open() else {
        job.fail(DbError::Closed);
        return Ok(());
    };
    match verdict {
        Verdict::Keep => {
            if commit(engine, source, open, job).await? {
                for hook in hooks {
                    hook();
                }
                job.answer();
            }
            Ok(())
        }
        Verdict::Void { retry, .. } => {
            let is_lost = open.is_lost();
            open.roll_back().await;
            match failure {
                Some(error) if is_lost => Err(Again::Lost(error)),
                Some(DbError::Constraint { .. }) => Err(Again::Constraint),
                _ if retry => Err(Again::Conflict),
                _ => {
                    Counters::add(&source.counters.rollbacks, 1);
                    job.answer();
                    Ok(())
                }
            }
        }
    }
}

fn too_long() -> DbError {
    let message = format!("a transaction took longer than {} s and was ended", RUN_LIMIT.as_secs());
    DbError::Unavailable { message }
}

/// What becomes of a job whose run met `error` before the work had its turn.
async fn lost_at_once(tx: Tx, error: DbError, job: &mut Box<dyn Job>) -> Result<(), Again> {
    let Some(open) = tx.into_open() else {
        job.fail(DbError::Closed);
        return Ok(());
    };
    let is_lost = open.is_lost();
    open.roll_back().await;
    match error {
        error if is_lost => Err(Again::Lost(error)),
        DbError::Conflict { .. } => Err(Again::Conflict),
        error => {
            job.fail(error);
            Ok(())
        }
    }
}

/// Whether it was committed; if not, the job was failed and its answer is given already.
async fn commit(
    engine: &Arc<Postgres>,
    source: &Source,
    open: Open,
    job: &mut Box<dyn Job>,
) -> Result<bool, Again> {
    BEFORE_COMMIT.pass();
    match source.clock.timeout(RUN_LIMIT, open.commit()).await {
        Ok(Ok(())) => {
            AFTER_COMMIT.pass();
            Counters::add(&source.counters.commits, 1);
            Counters::add(&source.counters.works, 1);
            return Ok(true);
        }
        Ok(Err(Failure::Error(DbError::Conflict { .. }))) => return Err(Again::Conflict),
        Ok(Err(Failure::Error(error))) => job.fail(error),
        // The word may have arrived: nobody knows.
        Ok(Err(Failure::Lost(message))) => {
            engine.pool.forget_idle();
            job.fail(DbError::Unknown { message });
        }
        Err(_) => job.fail(DbError::Unknown { message: "no answer to the commit".to_owned() }),
    }
    Ok(false)
}

/// Begins a transaction; on a connection that turns out to be dead, on a new one.
pub(crate) async fn begin(
    engine: &Arc<Postgres>,
    source: &Source,
    text: &'static str,
) -> Result<Tx, DbError> {
    let mut held = engine.pool.take().await?;
    let mut begun = statement::script(&mut held.connection, "begin", text).await;
    if begun.is_err() && !held.is_fresh {
        drop(held);
        held = engine.pool.take_fresh().await?;
        begun = statement::script(&mut held.connection, "begin", text).await;
    }
    match begun {
        Ok(()) => Ok(Tx::served(Open::new(held, engine.kinds.clone()), source.clone())),
        Err(failure) => {
            let message = failure.into_error().to_string();
            let database = engine.database.clone();
            Err(DbError::Connect { database, cause: ConnectCause::Unreachable, message })
        }
    }
}
