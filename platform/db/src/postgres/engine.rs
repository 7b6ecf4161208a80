//! The served engine behind the handle on a database.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore, mpsc};

use crate::driver::postgres::failure::Failure;
use crate::driver::postgres::pool::{Held, Pool, QUEUE_WAIT};
use crate::driver::postgres::statement::{self, Kinds};
use crate::export::Content;
use crate::job::Job;
use crate::postgres::attempt::{self, BEGIN_READING};
use crate::postgres::{dump, export, wake};
use crate::tx::Source;
use crate::{Bind, DbError, FromRow, PostgresOptions, Sql};

/// Works that may wait for a connection; more wait outside, within [`QUEUE_WAIT`].
const QUEUE_LENGTH: usize = 1_024;

/// Exports at a time: each has a connection.
const EXPORTS: usize = 1;

/// How long a work in line may wait for those before it.
const LINE_WAIT: Duration = Duration::from_secs(60);

/// How long a query outside a transaction may take.
const QUERY_LIMIT: Duration = Duration::from_secs(30);

/// One served database.
pub(crate) struct Postgres {
    pub(crate) database: String,
    pub(crate) pool: Arc<Pool>,
    pub(crate) kinds: Arc<Kinds>,
    queue: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    line: Mutex<()>,
    wake: wake::Wake,
}

impl Postgres {
    /// Opens nothing yet: a connection is made when one is needed.
    pub(crate) fn new(options: &PostgresOptions, source: &Source) -> Self {
        let pool = Pool::new(options, source.clock.clone(), source.signals.clone());
        Self {
            database: options.to_string(),
            pool: Arc::new(pool),
            kinds: Arc::default(),
            queue: Arc::new(Semaphore::new(QUEUE_LENGTH)),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            line: Mutex::default(),
            wake: wake::Wake::new(options, source),
        }
    }

    /// Makes sure that the database can be opened.
    pub(crate) async fn check(&self) -> Result<(), DbError> {
        self.pool.take().await?.put_back();
        Ok(())
    }

    /// Begins to hear of the commits of other processes, and to tell them of those of this one.
    pub(crate) fn listen(&self) {
        self.wake.start(self.pool.clone());
    }

    /// Runs `job` in a task of its own: whoever waits for its answer may leave, and a transaction is never
    /// dropped half-way (a dropped `begin` poisons a connection of the driver).
    pub(crate) async fn submit(self: &Arc<Self>, source: &Source, job: Box<dyn Job>) -> Result<(), DbError> {
        let place = self.place(source).await?;
        let (engine, source) = (self.clone(), source.clone());
        spawn(async move {
            attempt::run(engine, source, job).await;
            drop(place);
        });
        Ok(())
    }

    /// Runs `job` on one state of the database, in a task of its own, and keeps nothing of it.
    pub(crate) async fn read(
        self: &Arc<Self>,
        source: &Source,
        mut job: Box<dyn Job>,
    ) -> Result<(), DbError> {
        let place = self.place(source).await?;
        let (engine, source) = (self.clone(), source.clone());
        spawn(async move {
            match attempt::begin(&engine, &source, BEGIN_READING).await {
                Err(error) => job.fail(error),
                Ok(mut tx) => {
                    if source.clock.timeout(QUERY_LIMIT, job.attempt_waiting(&mut tx)).await.is_err() {
                        return job.fail(too_long());
                    }
                    drop(tx.take_hooks());
                    if let Some(open) = tx.into_open() {
                        open.roll_back().await;
                    }
                    job.answer();
                }
            }
            drop(place);
        });
        Ok(())
    }

    /// Waits until no other work in line runs.
    pub(crate) async fn line(&self, source: &Source) -> Result<MutexGuard<'_, ()>, DbError> {
        let waited_ms = u64::try_from(LINE_WAIT.as_millis()).unwrap_or(u64::MAX);
        source.clock.timeout(LINE_WAIT, self.line.lock()).await.map_err(|_| DbError::Busy { waited_ms })
    }

    async fn place(&self, source: &Source) -> Result<OwnedSemaphorePermit, DbError> {
        let waited_ms = u64::try_from(QUEUE_WAIT.as_millis()).unwrap_or(u64::MAX);
        let place = source.clock.timeout(QUEUE_WAIT, self.queue.clone().acquire_owned()).await;
        place.map_err(|_| DbError::Busy { waited_ms })?.map_err(|_| DbError::Closed)
    }

    /// Executes one query outside any transaction; once more when its connection turns out to be dead.
    pub(crate) async fn query<R: FromRow>(
        &self,
        source: &Source,
        sql: &Sql,
        params: &[Bind<'_>],
    ) -> Result<Vec<R>, DbError> {
        let held = self.pool.take().await?;
        let was_fresh = held.is_fresh;
        match self.query_on(held, source, sql, params).await {
            Err(Failure::Lost(_)) if !was_fresh => {
                let held = self.pool.take_fresh().await?;
                self.query_on(held, source, sql, params).await.map_err(Failure::into_error)
            }
            done => done.map_err(Failure::into_error),
        }
    }

    async fn query_on<R: FromRow>(
        &self,
        mut held: Held,
        source: &Source,
        sql: &Sql,
        params: &[Bind<'_>],
    ) -> Result<Vec<R>, Failure> {
        let query = statement::query(&mut held.connection, &self.kinds, sql, params);
        let done = source.clock.timeout(QUERY_LIMIT, query).await;
        let done = done.map_err(|_| Failure::Error(too_long()))?;
        match &done {
            Err(Failure::Lost(_)) => self.pool.forget_idle(),
            _ => held.put_back(),
        }
        done
    }

    /// Prepares a statement and gives nothing.
    pub(crate) async fn prepare(&self, sql: &Sql) -> Result<(), DbError> {
        let mut held = self.pool.take().await?;
        let described = statement::describe(&mut held.connection, sql).await;
        if !matches!(described, Err(Failure::Lost(_))) {
            held.put_back();
        }
        described.map(drop).map_err(Failure::into_error)
    }

    /// Reads `content` in a task and a transaction of its own.
    pub(crate) async fn export(
        self: &Arc<Self>,
        source: &Source,
        content: Content,
        to: mpsc::Sender<Result<Vec<u8>, DbError>>,
    ) -> Result<(), DbError> {
        let place = self.exports.clone().try_acquire_owned();
        let place = place.map_err(|_| DbError::Busy { waited_ms: 0 })?;
        let mut connection = self.pool.open_beside().await?;
        let begun = statement::script(&mut connection, "begin", BEGIN_READING).await;
        begun.map_err(Failure::into_error)?;
        let (clock, kinds) = (source.clock.clone(), self.kinds.clone());
        spawn(async move {
            let outcome = match &content {
                Content::Evidence(tables) => export::write(&mut connection, tables, &to).await,
                Content::Dump { whole } => dump::write(&mut connection, &kinds, *whole, &to).await,
            };
            drop(connection.close().await);
            if let Err(failure) = outcome {
                // Nobody to tell: the reader has left.
                drop(clock.timeout(QUEUE_WAIT, to.send(Err(failure.into_error()))).await);
            }
            drop(place);
        });
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.wake.stop();
        self.queue.close();
        self.pool.close().await;
    }
}

fn too_long() -> DbError {
    DbError::Unavailable { message: format!("no answer within {} s", QUERY_LIMIT.as_secs()) }
}

/// Tasks of the database outlive whoever asked: a transaction ends whole, and closing waits for it.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate owns what runs transactions, as it owns the writer thread"
)]
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(task));
}
