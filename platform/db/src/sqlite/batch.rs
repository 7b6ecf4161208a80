//! Running works in one transaction, and one by one when one of them fails.

use rusqlite::Connection;

use crate::DbError;
use crate::fault_points::{AFTER_COMMIT, BEFORE_COMMIT};
use crate::job::{Job, Verdict};
use crate::stats::Counters;
use crate::tx::{Hook, Source, Tx};

/// How often a work runs when it keeps meeting concurrent changes.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// Runs `jobs` in one transaction, commits, then answers them.
///
/// No savepoints: they cost each work two statements, and failures after a write are rare. When one
/// happens the batch is rolled back and each work runs again in a transaction of its own.
pub(crate) fn run(
    connection: Connection,
    source: &Source,
    mut jobs: Vec<Box<dyn Job>>,
) -> Option<Connection> {
    jobs.retain(|job| job.is_wanted());
    let mut tx = Tx::embedded(connection, source.clone());
    if jobs.len() == 1 {
        run_alone(&mut tx, source, &mut jobs[0]);
    } else if !jobs.is_empty() && !run_together(&mut tx, source, &mut jobs) {
        for job in &mut jobs {
            run_alone(&mut tx, source, job);
        }
    }
    tx.into_connection()
}

/// Gives `false` when nothing was answered and each job has to run alone.
fn run_together(tx: &mut Tx, source: &Source, jobs: &mut [Box<dyn Job>]) -> bool {
    if let Err(error) = begin(tx) {
        fail_all(jobs, &error);
        return true;
    }
    let mut hooks = Vec::new();
    for job in jobs.iter_mut() {
        match job.attempt(tx) {
            Verdict::Keep => hooks.append(&mut tx.take_hooks()),
            Verdict::Void { storage, .. } => {
                roll_back(tx, source);
                if storage {
                    fail_all(jobs, &storage_failure(tx));
                }
                return storage;
            }
        }
    }
    match commit(tx, source, jobs.len()) {
        Ok(()) => {
            answer(jobs, hooks);
            true
        }
        // A lock that another process holds, or what one of them wrote is wrong: the others may do better alone.
        Err(DbError::Conflict { .. } | DbError::Constraint { .. }) => false,
        Err(error) => {
            fail_all(jobs, &error);
            true
        }
    }
}

fn run_alone(tx: &mut Tx, source: &Source, job: &mut Box<dyn Job>) {
    for attempt in 1..=MAX_ATTEMPTS {
        if let Err(error) = begin(tx) {
            return job.fail(error);
        }
        match job.attempt(tx) {
            Verdict::Keep => {
                let hooks = tx.take_hooks();
                match commit(tx, source, 1) {
                    Ok(()) => return answer(std::slice::from_mut(job), hooks),
                    Err(DbError::Conflict { .. }) if attempt < MAX_ATTEMPTS => {}
                    Err(error) => return job.fail(error),
                }
            }
            Verdict::Void { retry, .. } => {
                roll_back(tx, source);
                if !retry {
                    return job.answer();
                }
            }
        }
    }
    job.fail(DbError::Conflict { attempts: MAX_ATTEMPTS });
}

fn begin(tx: &mut Tx) -> Result<(), DbError> {
    // Taking the write lock first: a transaction that reads and then writes could fail in between.
    tx.frame("begin", "begin immediate")
}

fn commit(tx: &mut Tx, source: &Source, works: usize) -> Result<(), DbError> {
    BEFORE_COMMIT.pass();
    match tx.frame("commit", "commit") {
        Ok(()) => {
            AFTER_COMMIT.pass();
            Counters::add(&source.counters.commits, 1);
            Counters::add(&source.counters.works, works);
            Ok(())
        }
        Err(error) => {
            roll_back(tx, source);
            Err(error)
        }
    }
}

fn roll_back(tx: &mut Tx, source: &Source) {
    Counters::add(&source.counters.rollbacks, 1);
    // Some failures have rolled back already; a second rollback would be an error.
    if !tx.is_open() {
        return;
    }
    if let Err(error) = tx.frame("rollback", "rollback") {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn answer(jobs: &mut [Box<dyn Job>], hooks: Vec<Hook>) {
    for hook in hooks {
        hook();
    }
    for job in jobs {
        job.answer();
    }
}

fn fail_all(jobs: &mut [Box<dyn Job>], error: &DbError) {
    tracing::error!(%error, works = jobs.len(), "a batch of transactions failed");
    for job in jobs {
        job.fail(error.clone());
    }
}

fn storage_failure(tx: &Tx) -> DbError {
    let unknown = DbError::Storage { message: "the storage failed".to_owned() };
    tx.failure().cloned().unwrap_or(unknown)
}
