//! Feeds: how a consumer reads a producer's log, near or far.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tradewind_db::{Db, DbError, Signal};

use crate::{Recorded, TOPIC, log};

/// The producer's log cannot be read now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the feed cannot be read: {0}")]
pub struct FeedError(pub String);

impl From<DbError> for FeedError {
    fn from(error: DbError) -> Self {
        Self(error.to_string())
    }
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

    /// The position of the newest event; 0 when there is none.
    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>>;
}

/// The feed of a producer in the same process: its log is read directly and its commits wake the reader.
#[derive(Debug, Clone)]
pub struct LogFeed {
    db: Db,
    source: Arc<str>,
    signal: Signal,
}

impl LogFeed {
    /// The feed of the service called `producer`, whose log lies in `db`.
    #[must_use]
    pub fn new(producer: &str, db: Db) -> Self {
        let signal = db.signal(TOPIC);
        Self { db, source: format!("/tradewind/{producer}").into(), signal }
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
        Box::pin(async move { Ok(log::read(&self.db, &self.source, position, limit).await?) })
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.signal.changed())
    }

    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>> {
        Box::pin(async move { Ok(log::head(&self.db).await?) })
    }
}
