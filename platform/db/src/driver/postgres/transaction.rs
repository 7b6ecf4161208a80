//! What a transaction is on the served engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::driver::postgres::failure::Failure;
use crate::driver::postgres::pool::Held;
use crate::driver::postgres::statement::{self, Kinds};
use crate::{Bind, DbError, Engine, FromRow, Sql};

/// A transaction that is open on a connection of its own.
pub(crate) struct Open {
    held: Held,
    kinds: Arc<Kinds>,
    /// Whether a statement is under way: only then may the work's future be pending.
    waiting: Arc<AtomicBool>,
    has_written: bool,
    /// The connection broke: there is nothing left to roll back.
    is_lost: bool,
}

/// A statement that is under way; over when it is dropped, also by a work that lets go of it.
struct Waiting(Arc<AtomicBool>);

impl Waiting {
    fn begin(waiting: &Arc<AtomicBool>) -> Self {
        waiting.store(true, Ordering::Relaxed);
        Self(waiting.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Open {
    pub(crate) fn new(held: Held, kinds: Arc<Kinds>) -> Self {
        Self { held, kinds, waiting: Arc::default(), has_written: false, is_lost: false }
    }

    pub(crate) fn has_written(&self) -> bool {
        self.has_written
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Tells whoever polls a work whether it waits for the database.
    pub(crate) fn waiting(&self) -> Arc<AtomicBool> {
        self.waiting.clone()
    }

    pub(crate) fn enter(&mut self) {
        self.has_written = false;
        self.waiting.store(false, Ordering::Relaxed);
    }

    pub(crate) async fn execute(&mut self, sql: &Sql, params: &[Bind<'_>]) -> Result<u64, DbError> {
        let waiting = Waiting::begin(&self.waiting);
        let done = statement::execute(&mut self.held.connection, &self.kinds, sql, params).await;
        drop(waiting);
        let changed = done.map_err(|failure| self.note(failure))?;
        self.has_written |= changed > 0;
        Ok(changed)
    }

    pub(crate) async fn query<R: FromRow>(
        &mut self,
        sql: &Sql,
        params: &[Bind<'_>],
    ) -> Result<Vec<R>, DbError> {
        let waiting = Waiting::begin(&self.waiting);
        let done = statement::query(&mut self.held.connection, &self.kinds, sql, params).await;
        drop(waiting);
        let rows: Vec<R> = done.map_err(|failure| self.note(failure))?;
        self.has_written |= !rows.is_empty() && changes(sql);
        Ok(rows)
    }

    /// Runs text without parameters.
    pub(crate) async fn script(&mut self, name: &'static str, text: &str) -> Result<(), DbError> {
        let waiting = Waiting::begin(&self.waiting);
        let done = statement::script(&mut self.held.connection, name, text).await;
        drop(waiting);
        done.map_err(|failure| self.note(failure))
    }

    fn note(&mut self, failure: Failure) -> DbError {
        self.is_lost |= matches!(failure, Failure::Lost(_));
        failure.into_error()
    }

    /// Commits.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        statement::script(&mut self.held.connection, "commit", "commit").await?;
        self.held.put_back();
        Ok(())
    }

    /// Rolls back; the connection is closed when that fails.
    pub(crate) async fn roll_back(mut self) {
        if self.is_lost {
            return;
        }
        match statement::script(&mut self.held.connection, "rollback", "rollback").await {
            Ok(()) => self.held.put_back(),
            Err(failure) => tracing::warn!(?failure, "a transaction was ended by closing its connection"),
        }
    }
}

/// Whether a statement that gives rows changes them too.
fn changes(sql: &Sql) -> bool {
    let text = sql.text(Engine::Postgres).trim_start();
    !text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}
