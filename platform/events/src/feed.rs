//! Feeds: how a consumer reads a producer's log, near or far.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tradewind_db::{Db, DbError, Engine, Signal};
use tradewind_kernel::Context;

use crate::retention::Report;
use crate::settled::Settled;
use crate::{Horizon, Recorded, TOPIC, log, retention};

/// How long to wait without a wake-up before looking again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same when looking costs somebody else something.
const SERVED_PATIENCE: Duration = Duration::from_secs(60);

/// The first wait for those who may fill a gap; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The longest wait for those who may fill a gap.
const MAX_PAUSE: Duration = Duration::from_millis(64);

/// Why a producer's log could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Its database failed.
    #[error("the feed cannot be read: {0}")]
    Db(#[from] DbError),
    /// Something else stands between the log and its reader; try again.
    #[error("the feed cannot be read: {0}")]
    Unreadable(String),
    /// The reader has not seen events that are gone. Reading on would pass over them in silence.
    #[error(
        "the events of {producer} up to position {horizon} are pruned, and this reader has come to {position} only. \
         What lies between is lost to it: restore the reader from a backup of itself that is newer, or, knowing that \
         it misses these events, set its cursor to {horizon}. (Reading a snapshot of the owner instead is not \
         available in this version.)"
    )]
    Pruned {
        /// The service whose log it is.
        producer: String,
        /// How far the reader has come.
        position: i64,
        /// The last position that is gone.
        horizon: i64,
    },
}

/// A reader of one producer's log.
pub trait Feed: Send {
    /// Up to `limit` events after `position`, oldest first; none when the reader has caught up. Fails with
    /// [`FeedError::Pruned`] when events after `position` are gone.
    fn read(
        &mut self,
        position: i64,
        limit: u16,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Recorded>, FeedError>> + Send + '_>>;

    /// Waits until the log may have grown since the last read.
    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// How long to wait without a wake-up before looking again.
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Whether, of the replicas that share the subscription, something outside has chosen this reader: new events come
    /// to it and to no other. It takes the turn then, whichever replica has it.
    fn is_chosen(&self) -> bool {
        false
    }

    /// The position of the newest event; 0 when there is none.
    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>>;

    /// Where the log begins.
    fn horizon(&mut self) -> Pin<Box<dyn Future<Output = Result<Horizon, FeedError>> + Send + '_>>;

    /// Tells the producer that `subscriber` has come to `position`, and registers it if it is new: events behind it
    /// are kept until it has passed them. Fails with [`FeedError::Pruned`] when they are gone already.
    fn report<'a>(
        &'a mut self,
        context: &'a Context,
        subscriber: &'a str,
        position: i64,
    ) -> Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send + 'a>>;
}

/// The feed of a producer in the same process: its log is read directly and its commits wake the reader.
#[derive(Debug, Clone)]
pub struct LogFeed {
    db: Db,
    source: Arc<str>,
    signal: Signal,
    settled: Settled,
    /// How long to wait for those who may fill a gap.
    held_back: Option<Duration>,
}

impl LogFeed {
    /// The feed of the service called `producer`, whose log lies in `db`.
    #[must_use]
    pub fn new(producer: &str, db: Db) -> Self {
        let signal = db.signal(TOPIC);
        let source = format!("/tradewind/{producer}").into();
        Self { db, source, signal, settled: Settled::default(), held_back: None }
    }

    /// Whether a reader at `position` has seen all that is gone.
    ///
    /// # Errors
    /// [`FeedError::Pruned`] when it has not.
    pub fn seen_all(&self, position: i64, horizon: Horizon) -> Result<(), FeedError> {
        if position >= horizon.position {
            return Ok(());
        }
        let producer = self.source.trim_start_matches("/tradewind/").to_owned();
        Err(FeedError::Pruned { producer, position, horizon: horizon.position })
    }

    /// Says that the log is about to be looked at by other means: a commit from now on ends the next wait.
    pub fn look(&mut self) {
        self.signal.mark_seen();
    }
}

impl Feed for LogFeed {
    fn read(
        &mut self,
        position: i64,
        limit: u16,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Recorded>, FeedError>> + Send + '_>> {
        // Before reading: a commit during the read must wake the next wait.
        self.signal.mark_seen();
        Box::pin(async move {
            let part = self.settled.read(&self.db, &self.source, position, limit).await?;
            self.held_back = part
                .is_held_back
                .then(|| self.held_back.map_or(FIRST_PAUSE, |pause| (pause * 2).min(MAX_PAUSE)));
            // Without a gap nothing can be missing, and nobody need ask.
            if part.events.first().is_some_and(|first| first.position > position + 1) {
                self.seen_all(position, retention::horizon(&self.db).await?)?;
            }
            Ok(part.events)
        })
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let Some(pause) = self.held_back else { return Box::pin(self.signal.changed()) };
        Box::pin(async move {
            // Whoever is waited for may end without a commit, and then nobody wakes us.
            self.db.clock().timeout(pause, self.signal.changed()).await.unwrap_or_default();
        })
    }

    fn patience(&self) -> Duration {
        match self.db.engine() {
            Engine::Sqlite => PATIENCE,
            // Each look is a statement of the server, and lost connections wake everybody when they are back.
            Engine::Postgres => SERVED_PATIENCE,
        }
    }

    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>> {
        Box::pin(async move { Ok(log::head(&self.db).await?) })
    }

    fn horizon(&mut self) -> Pin<Box<dyn Future<Output = Result<Horizon, FeedError>> + Send + '_>> {
        Box::pin(async move { Ok(retention::horizon(&self.db).await?) })
    }

    fn report<'a>(
        &'a mut self,
        context: &'a Context,
        subscriber: &'a str,
        position: i64,
    ) -> Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send + 'a>> {
        Box::pin(async move {
            let report = Report { subscriber: subscriber.to_owned(), position };
            self.seen_all(position, self.db.write(context, report).await?)
        })
    }
}
