//! A small pool of read-only connections.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use crate::DbError;
use crate::export::Content;
use crate::sqlite::writer::QUEUE_WAIT;
use crate::sqlite::{dump, open};
use crate::tx::Source;

/// Exports at a time: each has a thread, and keeps the journal from shrinking.
const EXPORTS: usize = 2;

/// Read-only connections, opened when first needed.
///
/// A read runs on the caller's thread: it takes microseconds, less than handing it to another thread.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    places: Semaphore,
    idle: Mutex<Vec<Connection>>,
    exports: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, size: usize) -> Self {
        let (places, exports) = (Semaphore::new(size), Arc::new(Semaphore::new(EXPORTS)));
        Self { path, places, idle: Mutex::new(Vec::new()), exports }
    }

    /// Runs `act` on a connection of the pool.
    pub(crate) async fn with<T>(
        &self,
        source: &Source,
        act: impl FnOnce(Connection) -> (Option<Connection>, T),
    ) -> Result<T, DbError> {
        let _place = self.place(source).await?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path)?,
        };
        let (connection, result) = act(connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
        Ok(result)
    }

    /// Reads `content` on a thread and a connection of its own: it may take long, and the pool is small.
    pub(crate) fn export(
        &self,
        content: Content,
        to: mpsc::Sender<Result<Vec<u8>, DbError>>,
    ) -> Result<(), DbError> {
        if self.places.is_closed() {
            return Err(DbError::Closed);
        }
        let place = self.exports.clone().try_acquire_owned();
        let place = place.map_err(|_| DbError::Busy { waited_ms: 0 })?;
        let connection = open::reader(&self.path)?;
        let read = move || {
            let _place = place;
            let outcome =
                dump::content(&connection, &content, &mut |chunk| to.blocking_send(Ok(chunk)).is_ok());
            if let Err(error) = outcome {
                // Nobody to tell: the reader has left.
                to.blocking_send(Err(error)).unwrap_or_default();
            }
        };
        let started = std::thread::Builder::new().name("export".to_owned()).spawn(read);
        started.map(drop).map_err(|error| DbError::Storage { message: error.to_string() })
    }

    async fn place(&self, source: &Source) -> Result<SemaphorePermit<'_>, DbError> {
        let waited_ms = u64::try_from(QUEUE_WAIT.as_millis()).unwrap_or(u64::MAX);
        let place = source.clock.timeout(QUEUE_WAIT, self.places.acquire()).await;
        place.map_err(|_| DbError::Busy { waited_ms })?.map_err(|_| DbError::Closed)
    }

    /// Refuses further reads and closes the idle connections.
    pub(crate) fn close(&self) {
        self.places.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
