//! The writer thread: takes all waiting works and commits them together.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::DbError;
use crate::job::Job;
use crate::sqlite::{batch, open};
use crate::tx::Source;

/// The greatest number of works in one transaction: a bound on what one failure makes run again.
const MAX_BATCH: usize = 256;

/// Works that may wait for the writer; more wait outside, within [`QUEUE_WAIT`].
const QUEUE_LENGTH: usize = 1024;

/// How long a work may wait for a place in the queue.
pub(crate) const QUEUE_WAIT: Duration = Duration::from_secs(5);

enum Message {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// The handle on a database's writer thread. The thread ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    /// Opens the database on a thread of its own.
    pub(crate) fn start(path: &Path, source: Source) -> Result<Self, DbError> {
        let connection = open::writer(path)?;
        let (queue, messages) = mpsc::channel(QUEUE_LENGTH);
        let runtime = tokio::runtime::Handle::try_current().ok();
        let name = path.file_stem().map_or_else(|| "db".into(), |stem| stem.to_string_lossy().into_owned());
        std::thread::Builder::new()
            .name(format!("{name}-writer"))
            .spawn(move || {
                // With a runtime at hand a foreign await is pending instead of a panic.
                let _guard = runtime.as_ref().map(tokio::runtime::Handle::enter);
                serve(connection, messages, &source);
            })
            .map_err(|error| DbError::Open {
                path: path.display().to_string(),
                message: error.to_string(),
            })?;
        Ok(Self { queue })
    }

    /// Puts a work into the queue, waiting for a place as long as `source`'s clock allows.
    pub(crate) async fn enqueue(&self, source: &Source, job: Box<dyn Job>) -> Result<(), DbError> {
        let place = source.clock.timeout(QUEUE_WAIT, self.queue.reserve()).await;
        let waited_ms = u64::try_from(QUEUE_WAIT.as_millis()).unwrap_or(u64::MAX);
        let place = place.map_err(|_| DbError::Busy { waited_ms })?.map_err(|_| DbError::Closed)?;
        place.send(Message::Run(job));
        Ok(())
    }

    /// Finishes what is queued, folds the journal into the file and ends the thread.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the thread has ended, which is what was asked for.
            closed.await.unwrap_or_default();
        }
    }
}

fn serve(connection: Connection, mut messages: mpsc::Receiver<Message>, source: &Source) {
    let mut connection = Some(connection);
    let mut closing = None;
    while closing.is_none() {
        let Some(first) = messages.blocking_recv() else {
            break;
        };
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Run(job) => jobs.push(job),
                Message::Close(done) => {
                    messages.close();
                    closing = Some(done);
                }
            }
            next = if jobs.len() < MAX_BATCH { messages.try_recv().ok() } else { None };
        }
        connection = connection.and_then(|connection| batch::run(connection, source, jobs));
    }
    finish(connection, messages, source);
    if let Some(done) = closing {
        // Whoever asked may have stopped waiting.
        done.send(()).unwrap_or_default();
    }
}

/// Runs what was queued before the end, then leaves one file without a journal behind.
fn finish(connection: Option<Connection>, mut messages: mpsc::Receiver<Message>, source: &Source) {
    let Some(mut connection) = connection else { return };
    while let Ok(Message::Run(job)) = messages.try_recv() {
        let Some(same) = batch::run(connection, source, vec![job]) else { return };
        connection = same;
    }
    if let Err(error) = connection.execute_batch("pragma wal_checkpoint(truncate)") {
        tracing::warn!(%error, "the journal could not be folded into the database; the next start does it");
    }
}
