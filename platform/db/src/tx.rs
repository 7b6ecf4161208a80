//! One transaction.

use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;
use tradewind_kernel::{Clock, Context, Entropy, Id, Timestamp};

use crate::fault;
use crate::signal::Signals;
use crate::stats::Counters;
use crate::{Bind, DbError, Engine, FromRow, Row, Sql};

/// What runs after a commit; never runs when the work is rolled back.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// An open transaction: the only thing that a [`Work`](crate::Work) may await.
///
/// After a statement failed the transaction is lost: further statements give the same error, and a work
/// that answers `Ok` all the same is rolled back.
pub struct Tx {
    connection: Connection,
    source: Source,
    now: Timestamp,
    context: Option<Context>,
    hooks: Vec<Hook>,
    failure: Option<DbError>,
    changes_before: u64,
}

/// Where a transaction takes its time and randomness from, and where it counts.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) counters: Arc<Counters>,
    pub(crate) signals: Arc<Signals>,
}

impl Tx {
    pub(crate) fn new(connection: Connection, source: Source) -> Self {
        let now = source.clock.now();
        Self { connection, source, now, context: None, hooks: Vec::new(), failure: None, changes_before: 0 }
    }

    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Makes the transaction ready for one run of one work.
    pub(crate) fn enter(&mut self, context: Option<Context>) {
        self.now = self.source.clock.now();
        self.context = context;
        self.hooks.clear();
        self.failure = None;
        self.changes_before = self.connection.total_changes();
    }

    /// Whether the work has changed any row so far.
    #[must_use]
    pub fn has_written(&self) -> bool {
        self.connection.total_changes() != self.changes_before
    }

    /// The failure that lost the transaction, if one did: it tells a failing database from a failing work.
    #[must_use]
    pub fn failure(&self) -> Option<&DbError> {
        self.failure.as_ref()
    }

    pub(crate) fn take_hooks(&mut self) -> Vec<Hook> {
        std::mem::take(&mut self.hooks)
    }

    /// The time of this transaction: the same for everything it writes.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.source.entropy.id(&self.source.clock)
    }

    /// Who and what the work is done for; `None` for the database's own upkeep.
    #[must_use]
    pub fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    /// Does the rest of the work in another context: a batch of events has one for each.
    pub fn set_context(&mut self, context: Context) {
        self.context = Some(context);
    }

    /// Runs `hook` after the commit, on the thread that committed; it must be quick and must not wait.
    ///
    /// A wake-up, not a guarantee: a crash after the commit loses it.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Wakes everyone who listens to `topic` with [`Db::signal`](crate::Db::signal), after the commit.
    pub fn signal(&mut self, topic: &'static str) {
        let signals = self.source.signals.clone();
        self.after_commit(move || signals.raise(topic));
    }

    /// Declares that the work met a concurrent change; it is rolled back and run again.
    pub fn conflict(&mut self) -> DbError {
        self.fail(DbError::Conflict { attempts: 1 })
    }

    /// Declares that the work shows an old token of the lease `name`.
    pub(crate) fn fenced(&mut self, name: &str) -> DbError {
        self.fail(DbError::Fenced { name: name.to_owned() })
    }

    /// Executes a statement and gives the number of rows it changed.
    ///
    /// # Errors
    /// Any of the engine's failures; the transaction is lost then.
    pub async fn execute(&mut self, sql: &Sql, params: &[Bind<'_>]) -> Result<u64, DbError> {
        self.guarded(|connection| {
            let mut statement = connection.prepare_cached(sql.text(Engine::Sqlite))?;
            bind(&mut statement, params)?;
            Ok(statement.raw_execute()? as u64)
        })
        .map_err(|error| self.fail_with(sql, error))
    }

    /// Executes a query and gives all its rows.
    ///
    /// # Errors
    /// Any of the engine's failures; the transaction is lost then.
    pub async fn query<R: FromRow>(&mut self, sql: &Sql, params: &[Bind<'_>]) -> Result<Vec<R>, DbError> {
        self.guarded(|connection| query(connection, sql, params)).map_err(|error| self.fail_with(sql, error))
    }

    /// Executes a query and gives its first row, if any.
    ///
    /// # Errors
    /// Any of the engine's failures; the transaction is lost then.
    pub async fn query_optional<R: FromRow>(
        &mut self,
        sql: &Sql,
        params: &[Bind<'_>],
    ) -> Result<Option<R>, DbError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Executes a query that always has a row, such as an aggregate or `returning`.
    ///
    /// # Errors
    /// As [`Tx::query`], and [`DbError::Statement`] when there is no row.
    pub async fn query_one<R: FromRow>(&mut self, sql: &Sql, params: &[Bind<'_>]) -> Result<R, DbError> {
        match self.query_optional(sql, params).await? {
            Some(row) => Ok(row),
            None => {
                let message = "expected a row and found none".to_owned();
                Err(self.fail(DbError::Statement { statement: sql.name(), message }))
            }
        }
    }

    /// Runs statements that change the schema; for migrations.
    pub(crate) fn execute_script(&mut self, name: &'static str, text: &str) -> Result<(), DbError> {
        let result = self.connection.execute_batch(text);
        result.map_err(|error| self.fail(fault::classify(name, &error)))
    }

    fn guarded<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        if let Some(failure) = &self.failure {
            return Err(Fault::Ours(failure.clone()));
        }
        Counters::add(&self.source.counters.statements, 1);
        act(&self.connection)
    }

    fn fail_with(&mut self, sql: &Sql, fault: Fault) -> DbError {
        let error = fault.named(sql);
        self.fail(error)
    }

    fn fail(&mut self, error: DbError) -> DbError {
        self.failure.get_or_insert(error).clone()
    }
}

/// A failure of the engine, or one that this crate found.
pub(crate) enum Fault {
    Engine(rusqlite::Error),
    Ours(DbError),
}

impl Fault {
    pub(crate) fn named(self, sql: &Sql) -> DbError {
        match self {
            Self::Engine(error) => fault::classify(sql.name(), &error),
            Self::Ours(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Ours(error)
    }
}

pub(crate) fn query<R: FromRow>(
    connection: &Connection,
    sql: &Sql,
    params: &[Bind<'_>],
) -> Result<Vec<R>, Fault> {
    let mut statement = connection.prepare_cached(sql.text(Engine::Sqlite))?;
    bind(&mut statement, params)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(R::from_row(&Row::new(row))?);
    }
    Ok(out)
}

fn bind(statement: &mut rusqlite::CachedStatement<'_>, params: &[Bind<'_>]) -> Result<(), Fault> {
    if statement.parameter_count() != params.len() {
        let (wanted, given) = (statement.parameter_count(), params.len());
        return Err(DbError::column(format!("{wanted} parameters expected, {given} given")).into());
    }
    for (index, value) in params.iter().enumerate() {
        let index = index + 1;
        match value {
            Bind::Null => statement.raw_bind_parameter(index, rusqlite::types::Null)?,
            Bind::Bool(value) => statement.raw_bind_parameter(index, value)?,
            Bind::Int(value) => statement.raw_bind_parameter(index, value)?,
            Bind::Id(id) => statement.raw_bind_parameter(index, &id.as_bytes()[..])?,
            Bind::Text(text) => statement.raw_bind_parameter(index, text.as_ref())?,
            Bind::Json(text) => statement.raw_bind_parameter(index, text.as_str())?,
            Bind::Bytes(bytes) => statement.raw_bind_parameter(index, *bytes)?,
            Bind::Invalid(message) => return Err(DbError::column(message.clone()).into()),
        }
    }
    Ok(())
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("failure", &self.failure).finish_non_exhaustive()
    }
}
