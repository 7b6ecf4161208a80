//! Peers in the same process: a bounded channel in front of their router.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::Body;
use crate::unanswered::{Cause, Unanswered};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers requests; what stands behind a door.
pub type Handler = Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A [`Handler`] from an asynchronous function.
pub fn handler<F, R>(function: F) -> Handler
where
    F: Fn(Request<Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    Arc::new(move |request| Box::pin(function(request)))
}

type Envelope = (Request<Body>, oneshot::Sender<Response<Body>>);

/// The caller's end: sends requests to a door in this process.
///
/// The caller never polls the peer's router: the peer takes requests when it can, on its own threads.
#[derive(Clone)]
pub struct NearDoor {
    queue: mpsc::Sender<Envelope>,
}

/// The peer's end of a near door.
pub struct NearReceiver {
    queue: mpsc::Receiver<Envelope>,
}

/// A near door whose queue holds `bound` requests.
#[must_use]
pub fn near(bound: usize) -> (NearDoor, NearReceiver) {
    let (sender, receiver) = mpsc::channel(bound);
    (NearDoor { queue: sender }, NearReceiver { queue: receiver })
}

impl NearDoor {
    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] at once when the queue is full or the peer has gone.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        Ok(self.try_send(request).await?)
    }

    /// The same, and says whether the peer may have acted on a request that was not answered.
    pub(crate) async fn try_send(&self, request: Request<Body>) -> Result<Response<Body>, Unanswered> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send((request, reply)).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("the peer's queue is full", Cause::Busy),
            TrySendError::Closed(_) => unavailable("the peer has stopped", Cause::Refused),
        })?;
        answer.await.map_err(|_| unavailable("the peer stopped before it answered", Cause::Reset))
    }
}

fn unavailable(reason: &str, cause: Cause) -> Unanswered {
    let problem = Problem::new(&UNAVAILABLE)
        .detail(format!("The request was not answered: {reason}."))
        .retry_after(Duration::from_secs(1));
    Unanswered { problem, cause }
}

impl NearReceiver {
    /// The next request and the function that answers it; `None` when no caller is left.
    pub async fn next(&mut self) -> Option<(Request<Body>, impl FnOnce(Response<Body>) + Send + use<>)> {
        let (request, reply) = self.queue.recv().await?;
        // A caller that gave up has no use for the answer.
        let answer = move |response| drop(reply.send(response));
        Some((request, answer))
    }

    /// Refuses new requests; those in the queue are still given out.
    pub fn close(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for NearDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NearDoor")
    }
}

impl fmt::Debug for NearReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NearReceiver")
    }
}
