//! A few connections to one database.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tradewind_kernel::Clock;

use crate::driver::postgres::connect::connect;
use crate::signal::Signals;
use crate::{DbError, PostgresOptions};

/// How long a transaction or a query may wait for a connection.
pub(crate) const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// How long closing waits for what is under way.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// An own pool and not the driver's: that one asks the server before each use whether a connection still
/// lives, which is a round trip, and hides behind a timeout why none can be opened.
pub(crate) struct Pool {
    options: PgConnectOptions,
    database: String,
    size: usize,
    places: Arc<Semaphore>,
    idle: Mutex<Idle>,
    clock: Clock,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<PgConnection>,
    /// Connections were lost since one was opened.
    lost: bool,
}

/// A connection in use. It goes back by [`Held::put_back`]; dropped, it is closed, because nobody knows what
/// state it is in.
pub(crate) struct Held {
    pub(crate) connection: PgConnection,
    /// Whether it was opened for this use, so that a failure is no leftover of the server's last end.
    pub(crate) is_fresh: bool,
    pool: Arc<Pool>,
    _place: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(options: &PostgresOptions, clock: Clock, signals: Arc<Signals>) -> Self {
        let size = options.pool_size();
        Self {
            options: options.driver(),
            database: options.to_string(),
            size,
            places: Arc::new(Semaphore::new(size)),
            idle: Mutex::default(),
            clock,
            signals,
        }
    }

    /// A connection, an idle one if there is one.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Held, DbError> {
        let place = self.place().await?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).connections.pop();
        match idle {
            Some(connection) => Ok(Held { connection, is_fresh: false, pool: self.clone(), _place: place }),
            None => self.open(place).await,
        }
    }

    /// A new connection, after an idle one turned out to be dead: so are then the others.
    pub(crate) async fn take_fresh(self: &Arc<Self>) -> Result<Held, DbError> {
        self.forget_idle();
        let place = self.place().await?;
        self.open(place).await
    }

    pub(crate) fn forget_idle(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.connections.clear();
        idle.lost = true;
    }

    /// A connection beside the pool, for what takes long.
    pub(crate) async fn open_beside(&self) -> Result<PgConnection, DbError> {
        if self.is_closed() {
            return Err(DbError::Closed);
        }
        Box::pin(connect(&self.options, &self.database, &self.clock)).await
    }

    async fn open(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Result<Held, DbError> {
        let opened = Box::pin(connect(&self.options, &self.database, &self.clock)).await;
        let was_lost = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut idle.lost, opened.is_err())
        };
        let connection = opened?;
        if was_lost {
            // What was committed without an answer has woken nobody.
            self.signals.raise_all();
        }
        Ok(Held { connection, is_fresh: true, pool: self.clone(), _place: place })
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, DbError> {
        let waited_ms = u64::try_from(QUEUE_WAIT.as_millis()).unwrap_or(u64::MAX);
        let place = self.clock.timeout(QUEUE_WAIT, self.places.clone().acquire_owned()).await;
        place.map_err(|_| DbError::Busy { waited_ms })?.map_err(|_| DbError::Closed)
    }

    /// Waits for what is under way, within a bound, and closes all connections.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        if self.clock.timeout(CLOSE_LIMIT, self.places.acquire_many(all)).await.is_err() {
            tracing::warn!(
                database = self.database,
                "transactions were under way when the database was closed"
            );
        }
        self.places.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).connections.clear();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }
}

impl Held {
    /// Gives the connection back; nothing is open on it.
    pub(crate) fn put_back(self) {
        if !self.pool.is_closed() {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.connections.push(self.connection);
        }
    }
}
