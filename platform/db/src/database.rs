//! The handle on one database.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tradewind_kernel::{Clock, Context, Entropy};

use crate::driver::sqlite as sqlite_driver;
use crate::export::{CHUNKS, Content, Evidence, Export};
use crate::fault;
use crate::job::{Job, Pending};
use crate::postgres::engine::Postgres;
use crate::signal::Signals;
use crate::sqlite::readers::Readers;
use crate::sqlite::writer::Writer;
use crate::sqlite::{batch, dump, open};
use crate::stats::{Counters, Stats};
use crate::tx::Source;
use crate::{
    Bind, DbError, Engine, FromRow, MigrateMode, MigrationSet, PostgresOptions, Signal, Sql, Tx, Volume,
    Work, migrate,
};

crate::sql! {
    SERVER_CONNECTIONS = {
        postgres: "select cast(current_setting('max_connections') as bigint)
            - cast(current_setting('superuser_reserved_connections') as bigint)",
        sqlite: "select 0",
    };
}

/// Where a database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this file; its journal lies beside it.
    File(PathBuf),
    /// In memory, gone with the handle; implies [`Execution::Inline`].
    Memory,
    /// In memory, on a volume that keeps it beyond the handle; implies [`Execution::Inline`].
    Volume {
        /// The volume.
        volume: Volume,
        /// The name of the database there.
        database: String,
        /// Who holds the handle, for [`Volume::cut`].
        holder: String,
    },
    /// On a PostgreSQL server; [`Execution`] and the number of readers have no meaning there.
    Postgres(PostgresOptions),
}

/// On which thread writes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// On the database's writer thread, many in one commit.
    Threaded,
    /// On the calling thread, one by one: the same run every time, for simulation.
    Inline,
}

/// How to open a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it lives.
    pub location: Location,
    /// On which thread writes run.
    pub execution: Execution,
    /// The greatest number of connections that read at the same time.
    pub readers: usize,
    /// The time that transactions see.
    pub clock: Clock,
    /// The randomness behind the ids that transactions make.
    pub entropy: Entropy,
}

/// A handle on one database; clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    location: Location,
    source: Source,
    way: Way,
}

enum Way {
    Threaded {
        writer: Writer,
        readers: Readers,
    },
    /// `None` after the database was closed.
    Inline(Mutex<Option<Connection>>),
    Served(Arc<Postgres>),
}

impl Db {
    /// Opens a database and creates it when there is none. Its schema is made by [`Db::migrate`].
    ///
    /// One on a server is not created, and is opened when it is first used or [checked](Db::check).
    ///
    /// # Errors
    /// [`DbError::Open`] when the file cannot be opened or the engine is too old.
    pub fn open(options: Options) -> Result<Self, DbError> {
        Self::open_by(options, "")
    }

    /// Opens a database as [`Db::open`] does, for a program of this `release`: its transactions know it, see
    /// [`Tx::release`].
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_by(options: Options, release: &str) -> Result<Self, DbError> {
        let counters = Arc::new(Counters::default());
        let signals = Arc::new(Signals::default());
        let release = release.into();
        let source = Source { clock: options.clock, entropy: options.entropy, counters, signals, release };
        let way = match (&options.location, options.execution) {
            (Location::Postgres(server), _) => Way::Served(Arc::new(Postgres::new(server, &source))),
            (Location::Memory, _) => Way::Inline(Mutex::new(Some(open::memory()?))),
            (Location::Volume { volume, database, holder }, _) => {
                Way::Inline(Mutex::new(Some(volume.open(database, holder, &source.signals)?)))
            }
            (Location::File(path), Execution::Inline) => Way::Inline(Mutex::new(Some(open::writer(path)?))),
            (Location::File(path), Execution::Threaded) => Way::Threaded {
                writer: Writer::start(path, source.clone())?,
                readers: Readers::new(path.clone(), options.readers.max(1)),
            },
        };
        Ok(Self { inner: Arc::new(Inner { location: options.location, source, way }) })
    }

    /// Makes sure that the database can be opened now, and begins to hear of the commits that other processes make
    /// to it.
    ///
    /// # Errors
    /// [`DbError::Connect`] with what has to be mended.
    pub async fn check(&self) -> Result<(), DbError> {
        if let Way::Served(postgres) = &self.inner.way {
            postgres.check().await?;
            postgres.listen();
        }
        Ok(())
    }

    /// How many connections the server has for everybody who is no superuser; `None` when it is embedded.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn server_connections(&self) -> Result<Option<i64>, DbError> {
        match self.engine() {
            Engine::Sqlite => Ok(None),
            Engine::Postgres => {
                Ok(self.query_optional::<(i64,)>(&SERVER_CONNECTIONS, &[]).await?.map(|row| row.0))
            }
        }
    }

    /// The time that its transactions see.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.source.clock
    }

    /// The engine behind it.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.inner.way {
            Way::Threaded { .. } | Way::Inline(_) => Engine::Sqlite,
            Way::Served(_) => Engine::Postgres,
        }
    }

    /// Brings the schema to what `sets` say, or requires that it is there already.
    ///
    /// # Errors
    /// [`DbError::Schema`] when a migration is missing, changed or unknown.
    pub async fn migrate(&self, sets: &[MigrationSet], mode: MigrateMode) -> Result<(), DbError> {
        self.submit(migrate::Migrate::new(sets, mode), None).await
    }

    /// Runs `work` in a transaction and answers after it was committed.
    ///
    /// Dropping the future does not undo the work: once it is queued it may be committed.
    ///
    /// # Errors
    /// What the work refused with, or a [`DbError`] as its error type wraps it.
    pub async fn write<W: Work>(&self, context: &Context, work: W) -> Result<W::Output, W::Error> {
        self.submit(work, Some(context.clone())).await
    }

    /// As [`Db::write`], but after the works that were put in line before it, not beside them: for batches that touch
    /// the same rows and would only make each other run again. On the embedded engine every work is in line.
    ///
    /// # Errors
    /// As [`Db::write`], and [`DbError::Busy`] when its turn did not come in time.
    pub async fn write_in_line<W: Work>(&self, context: &Context, work: W) -> Result<W::Output, W::Error> {
        let _turn = match &self.inner.way {
            Way::Served(postgres) => Some(postgres.line(&self.inner.source).await?),
            Way::Threaded { .. } | Way::Inline(_) => None,
        };
        self.write(context, work).await
    }

    pub(crate) async fn submit<W: Work>(
        &self,
        work: W,
        context: Option<Context>,
    ) -> Result<W::Output, W::Error> {
        let (job, answer) = Pending::new(work, context);
        let job: Box<dyn Job> = Box::new(job);
        match &self.inner.way {
            Way::Threaded { writer, .. } => writer.enqueue(&self.inner.source, job).await?,
            Way::Inline(slot) => self.run_inline(slot, job)?,
            Way::Served(postgres) => postgres.submit(&self.inner.source, job).await?,
        }
        answer.await.map_err(|_| DbError::Closed)?
    }

    fn run_inline(&self, slot: &Mutex<Option<Connection>>, job: Box<dyn Job>) -> Result<(), DbError> {
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = slot.take().ok_or(DbError::Closed)?;
        *slot = batch::run(connection, &self.inner.source, vec![job]);
        Ok(())
    }

    /// Executes one query outside any transaction and gives all its rows.
    ///
    /// # Errors
    /// Any of the engine's failures, and [`DbError::Busy`] when no connection became free.
    pub async fn query<R: FromRow>(&self, sql: &Sql, params: &[Bind<'_>]) -> Result<Vec<R>, DbError> {
        let counters = &self.inner.source.counters;
        Counters::add(&counters.statements, 1);
        if let Way::Served(postgres) = &self.inner.way {
            return Box::pin(postgres.query(&self.inner.source, sql, params)).await;
        }
        let act = |connection: Connection| {
            let rows = sqlite_driver::query(&connection, sql, params);
            (Some(connection), rows.map_err(|fault| fault.named(sql)))
        };
        self.on_reader(act).await?
    }

    /// Executes one query outside any transaction and gives its first row, if any.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn query_optional<R: FromRow>(
        &self,
        sql: &Sql,
        params: &[Bind<'_>],
    ) -> Result<Option<R>, DbError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Runs several queries on one state of the database. Writing fails.
    ///
    /// # Errors
    /// What the work refused with, or a [`DbError`] as its error type wraps it.
    pub async fn read<W: Work>(&self, context: &Context, work: W) -> Result<W::Output, W::Error> {
        let (mut job, answer) = Pending::new(work, Some(context.clone()));
        if let Way::Served(postgres) = &self.inner.way {
            postgres.read(&self.inner.source, Box::new(job)).await?;
            return answer.await.map_err(|_| DbError::Closed)?;
        }
        let source = self.inner.source.clone();
        let act = move |connection: Connection| {
            let mut tx = Tx::embedded(connection, source);
            run_reading(&mut tx, &mut job);
            (tx.into_connection(), ())
        };
        self.on_reader(act).await?;
        answer.await.map_err(|_| DbError::Closed)?
    }

    /// Runs `act` on a connection of the embedded engine.
    async fn on_reader<T>(
        &self,
        act: impl FnOnce(Connection) -> (Option<Connection>, T),
    ) -> Result<T, DbError> {
        match &self.inner.way {
            // Never asked for: whoever calls has looked at the engine.
            Way::Served(_) => Err(DbError::Closed),
            Way::Threaded { readers, .. } => readers.with(&self.inner.source, act).await,
            Way::Inline(slot) => {
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                let connection = slot.take().ok_or(DbError::Closed)?;
                let (connection, result) = act(connection);
                *slot = connection;
                Ok(result)
            }
        }
    }

    /// Prepares a statement without executing it, to see whether it fits the schema.
    ///
    /// # Errors
    /// [`DbError::Statement`] with what the engine says.
    pub async fn prepare(&self, sql: &Sql) -> Result<(), DbError> {
        if let Way::Served(postgres) = &self.inner.way {
            return postgres.prepare(sql).await;
        }
        let act = |connection: Connection| {
            let result = connection.prepare(sql.text(Engine::Sqlite)).map(drop);
            (Some(connection), result.map_err(|error| fault::classify(sql.name(), &error)))
        };
        self.on_reader(act).await?
    }

    /// Gives the rows of `tables`, all of one state of the database. Writes go on meanwhile.
    ///
    /// # Errors
    /// When no connection can be opened for it, and [`DbError::Busy`] while two others are under way; later
    /// failures are in the [`Export`].
    pub async fn export(&self, tables: Vec<Evidence>) -> Result<Export, DbError> {
        self.stream(Content::Evidence(tables)).await
    }

    /// Gives all tables, all of one state of the database, in the form that [`Db::load`] takes in. Writes go on
    /// meanwhile. The state is chosen when the first piece is there.
    ///
    /// # Errors
    /// As [`Db::export`], and [`DbError::Unfinished`] when the database is not whole.
    pub async fn dump(&self) -> Result<Export, DbError> {
        self.stream(Content::Dump { whole: true }).await
    }

    /// The same of a database that is being loaded.
    pub(crate) async fn dump_unfinished(&self) -> Result<Export, DbError> {
        self.stream(Content::Dump { whole: false }).await
    }

    async fn stream(&self, content: Content) -> Result<Export, DbError> {
        let (to, chunks) = tokio::sync::mpsc::channel(CHUNKS);
        match &self.inner.way {
            Way::Threaded { readers, .. } => readers.export(content, to)?,
            Way::Served(postgres) => postgres.export(&self.inner.source, content, to).await?,
            Way::Inline(_) => {
                let mut all = Vec::new();
                let act = |connection: Connection| {
                    let outcome = dump::content(&connection, &content, &mut |mut chunk| {
                        all.append(&mut chunk);
                        true
                    });
                    (Some(connection), outcome)
                };
                self.on_reader(act).await??;
                // There is a place in a new channel, and its reader is still here.
                to.try_send(Ok(all)).unwrap_or_default();
            }
        }
        Ok(Export::new(chunks))
    }

    /// Listens to commits that called [`Tx::signal`] with `topic`.
    #[must_use]
    pub fn signal(&self, topic: &'static str) -> Signal {
        self.inner.source.signals.listen(topic)
    }

    /// Listens to commits that called [`Tx::signal_key`] with `topic` and `key`, and on the served engine, where other
    /// processes name only the topic, to all of theirs.
    #[must_use]
    pub fn signal_of_key(&self, topic: &'static str, key: &str) -> Signal {
        self.inner.source.signals.listen_to_key(topic, key)
    }

    /// What the database has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.source.counters.read()
    }

    /// Finishes what is queued and closes the database; later calls give [`DbError::Closed`].
    pub async fn close(&self) {
        match &self.inner.way {
            Way::Threaded { writer, readers } => {
                readers.close();
                writer.close().await;
            }
            Way::Inline(slot) => drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take()),
            Way::Served(postgres) => postgres.close().await,
        }
    }
}

/// A read ends with a rollback in every case: there is nothing to keep.
fn run_reading<J: Job>(tx: &mut Tx, job: &mut J) {
    if let Err(error) = tx.frame("begin", "begin") {
        return job.fail(error);
    }
    job.attempt(tx);
    drop(tx.take_hooks());
    if let Err(error) = tx.frame("rollback", "rollback") {
        tracing::error!(%error, "a read could not be ended");
    }
    job.answer();
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("location", &self.inner.location).finish_non_exhaustive()
    }
}
