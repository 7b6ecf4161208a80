//! One transaction.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use tradewind_kernel::{Clock, Context, Entropy, Id, Timestamp};

use crate::beside::Shadow;
use crate::driver::postgres::transaction::Open;
use crate::driver::sqlite;
use crate::fault;
use crate::signal::Signals;
use crate::stats::Counters;
use crate::{Bind, DbError, Engine, FromRow, Sql};

/// What runs after a commit; never runs when the work is rolled back.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// An open transaction: the only thing that a [`Work`](crate::Work) may await.
///
/// After a statement failed the transaction is lost: further statements give the same error, and a work
/// that answers `Ok` all the same is rolled back.
pub struct Tx {
    engine: On,
    source: Source,
    now: Timestamp,
    context: Option<Context>,
    hooks: Vec<Hook>,
    failure: Option<DbError>,
    /// The greatest number that the work noted.
    noted: Option<i64>,
    /// Whose shadows its statements mean.
    shadow: Option<&'static Shadow>,
    /// What the next run begins with, should this one meet a concurrent change.
    first: Option<&'static Sql>,
}

/// The connection that the transaction is open on.
enum On {
    Sqlite {
        connection: Connection,
        changes_before: u64,
    },
    /// Boxed: it is much larger.
    Postgres(Box<Open>),
}

/// Where a transaction takes its time and randomness from, and where it counts.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) counters: Arc<Counters>,
    pub(crate) signals: Arc<Signals>,
    /// What the program calls its release; empty when it does not say.
    pub(crate) release: Arc<str>,
}

impl Tx {
    /// A transaction on the embedded engine.
    pub(crate) fn embedded(connection: Connection, source: Source) -> Self {
        Self::new(On::Sqlite { connection, changes_before: 0 }, source)
    }

    /// A transaction on the served engine.
    pub(crate) fn served(open: Open, source: Source) -> Self {
        Self::new(On::Postgres(Box::new(open)), source)
    }

    fn new(engine: On, source: Source) -> Self {
        let now = source.clock.now();
        Self {
            engine,
            source,
            now,
            context: None,
            hooks: Vec::new(),
            failure: None,
            noted: None,
            shadow: None,
            first: None,
        }
    }

    /// The connection of a transaction on the embedded engine.
    pub(crate) fn into_connection(self) -> Option<Connection> {
        match self.engine {
            On::Sqlite { connection, .. } => Some(connection),
            On::Postgres(_) => None,
        }
    }

    /// Runs the text that begins or ends a transaction on the embedded engine.
    pub(crate) fn frame(&self, name: &'static str, text: &str) -> Result<(), DbError> {
        let On::Sqlite { connection, .. } = &self.engine else { return Err(DbError::Closed) };
        connection.execute_batch(text).map_err(|error| fault::classify(name, &error))
    }

    /// Whether a transaction is open on the embedded engine.
    pub(crate) fn is_open(&self) -> bool {
        matches!(&self.engine, On::Sqlite { connection, .. } if !connection.is_autocommit())
    }

    /// What is open on the served engine.
    pub(crate) fn into_open(self) -> Option<Open> {
        match self.engine {
            On::Sqlite { .. } => None,
            On::Postgres(open) => Some(*open),
        }
    }

    /// Whether a statement is under way, on the served engine.
    pub(crate) fn waiting(&self) -> Arc<AtomicBool> {
        match &self.engine {
            On::Sqlite { .. } => Arc::default(),
            On::Postgres(open) => open.waiting(),
        }
    }

    /// The engine that the transaction is open on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.engine {
            On::Sqlite { .. } => Engine::Sqlite,
            On::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes the transaction ready for one run of one work.
    pub(crate) fn enter(&mut self, context: Option<Context>) {
        self.now = self.source.clock.now();
        self.context = context;
        self.hooks.clear();
        self.failure = None;
        self.noted = None;
        self.shadow = None;
        self.first = None;
        match &mut self.engine {
            On::Sqlite { connection, changes_before } => *changes_before = connection.total_changes(),
            On::Postgres(open) => open.enter(),
        }
    }

    /// Whose shadows the statements mean from here on; nobody's, when there is none.
    pub(crate) fn turn_to(&mut self, shadow: Option<&'static Shadow>) {
        self.shadow = shadow;
    }

    /// Whether the work has changed any row so far.
    #[must_use]
    pub fn has_written(&self) -> bool {
        match &self.engine {
            On::Sqlite { connection, changes_before } => connection.total_changes() != *changes_before,
            On::Postgres(open) => open.has_written(),
        }
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

    /// The clock of the process that the transaction is part of.
    pub(crate) fn clock(&self) -> &Clock {
        &self.source.clock
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

    /// The release of the program that runs the work; `None` when whoever opened the database did not say.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        Some(&*self.source.release).filter(|release| !release.is_empty())
    }

    /// Notes a number, such as a position in a log, for whoever runs the work as a part of its own: the greatest counts.
    pub fn note(&mut self, number: i64) {
        self.noted = self.noted.max(Some(number));
    }

    /// The greatest number that the work has noted so far.
    #[must_use]
    pub fn noted(&self) -> Option<i64> {
        self.noted
    }

    /// Runs `hook` after the commit, on the thread that committed; it must be quick and must not wait.
    ///
    /// A wake-up, not a guarantee: a crash after the commit loses it.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Wakes everyone who listens to `topic` with [`Db::signal`](crate::Db::signal), after the commit.
    pub fn signal(&mut self, topic: &'static str) {
        if self.shadow.is_some() {
            return;
        }
        let signals = self.source.signals.clone();
        self.after_commit(move || signals.raise(topic));
    }

    /// Wakes those who listen to one key of `topic` with [`Db::signal_of_key`](crate::Db::signal_of_key), after the
    /// commit: where many wait, each for something of its own, a wake-up for all would have each of them look.
    pub fn signal_key(&mut self, topic: &'static str, key: String) {
        if self.shadow.is_some() {
            return;
        }
        let signals = self.source.signals.clone();
        self.after_commit(move || signals.raise_key(topic, &key));
    }

    /// Declares that the work met a concurrent change; it is rolled back and run again.
    pub fn conflict(&mut self) -> DbError {
        self.fail(DbError::Conflict { attempts: 1 })
    }

    /// Has the next run begin with `statement`, a lock without parameters, should this one meet a concurrent change: a
    /// run that waits for others before it looks sees what they changed, and is not overtaken by them again. Without
    /// effect on the embedded engine, where nobody changes anything meanwhile.
    pub fn begin_again_with(&mut self, statement: &'static Sql) {
        self.first = Some(statement);
    }

    pub(crate) fn take_first(&mut self) -> Option<&'static Sql> {
        self.first.take()
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
        self.begin_statement()?;
        let sql = self.shadow.map_or(sql, |shadow| shadow.turned(sql));
        let done = match &mut self.engine {
            On::Sqlite { connection, .. } => {
                sqlite::execute(connection, sql, params).map_err(|fault| fault.named(sql))
            }
            On::Postgres(open) => Box::pin(open.execute(sql, params)).await,
        };
        done.map_err(|error| self.fail(error))
    }

    /// Executes a query and gives all its rows.
    ///
    /// # Errors
    /// Any of the engine's failures; the transaction is lost then.
    pub async fn query<R: FromRow>(&mut self, sql: &Sql, params: &[Bind<'_>]) -> Result<Vec<R>, DbError> {
        self.begin_statement()?;
        let sql = self.shadow.map_or(sql, |shadow| shadow.turned(sql));
        let rows = match &mut self.engine {
            On::Sqlite { connection, .. } => {
                sqlite::query(connection, sql, params).map_err(|fault| fault.named(sql))
            }
            On::Postgres(open) => Box::pin(open.query(sql, params)).await,
        };
        rows.map_err(|error| self.fail(error))
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
    pub(crate) async fn execute_script(&mut self, name: &'static str, text: &str) -> Result<(), DbError> {
        self.begin_statement()?;
        let done = match &mut self.engine {
            On::Sqlite { connection, .. } => {
                connection.execute_batch(text).map_err(|error| fault::classify(name, &error))
            }
            On::Postgres(open) => Box::pin(open.script(name, text)).await,
        };
        done.map_err(|error| self.fail(error))
    }

    /// Counts a statement, unless the transaction is lost already.
    fn begin_statement(&self) -> Result<(), DbError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        Counters::add(&self.source.counters.statements, 1);
        Ok(())
    }

    fn fail(&mut self, error: DbError) -> DbError {
        self.failure.get_or_insert(error).clone()
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("failure", &self.failure).finish_non_exhaustive()
    }
}
