//! Feeds: how a consumer reads a producer's log, near or far.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tradewind_db::{Db, DbError, Engine, Signal};

use crate::settled::Settled;
use crate::{Recorded, TOPIC, log};

/// How long to wait without a wake-up before looking again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same when looking costs somebody else something.
const SERVED_PATIENCE: Duration = Duration::from_secs(60);

/// The first wait for those who may fill a gap; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The longest wait for those who may fill a gap.
const MAX_PAUSE: Duration = Duration::from_millis(64);

/// The producer's log cannot be read now.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FeedError {
    /// Its database failed.
    #[error("the feed cannot be read: {0}")]
    Db(#[from] DbError),
    /// Something else stands between the log and its reader.
    #[error("the feed cannot be read: {0}")]
    Unreadable(String),
}

/// A reader of one producer's log.
pub trait Feed: Send {
    /// Up to `limit` events after `position`, oldest first; none when the reader has caught up.
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

    /// The position of the newest event; 0 when there is none.
    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>>;
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
}
