//! Tasks that belong to a scope: counted, asked to stop, and dropped when they do not.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use tradewind_problem::{Problem, UNAVAILABLE};

/// What stands before each step of each task of a process: for simulation, where a process stops between any two.
pub trait Pace: Send + Sync + fmt::Debug {
    /// Whether a task may take its next step. Who is told to wait is woken through `context` when it may.
    fn step(&self, context: &Context<'_>) -> Poll<()>;
}

/// The tasks of one part of a service instance.
///
/// A scope ends in two steps: [`Scope::stop`] asks its tasks to finish, [`Scope::kill`] drops those that did
/// not, at whatever they await. A panic ends its task only, and is counted.
#[derive(Clone)]
pub struct Scope {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    tracker: TaskTracker,
    stopping: CancellationToken,
    killed: CancellationToken,
    panics: AtomicU64,
    pace: Option<Arc<dyn Pace>>,
}

impl Scope {
    /// An empty scope; its name appears in logs.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self::paced(name, None)
    }

    /// An empty scope whose tasks wait for `pace` before each step.
    #[must_use]
    pub fn paced(name: impl Into<String>, pace: Option<Arc<dyn Pace>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                name: name.into(),
                tracker: TaskTracker::new(),
                stopping: CancellationToken::new(),
                killed: CancellationToken::new(),
                panics: AtomicU64::new(0),
                pace,
            }),
        }
    }

    /// Runs `future` as a task of this scope.
    #[expect(clippy::disallowed_methods, reason = "this module owns spawning")]
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        let inner = self.inner.clone();
        let task = async move {
            let guarded = AssertUnwindSafe(future).catch_unwind();
            tokio::select! {
                biased;
                () = inner.killed.cancelled() => tracing::warn!(scope = inner.name, task = name, "dropped"),
                result = guarded => if result.is_err() {
                    inner.panics.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(scope = inner.name, task = name, "a task panicked");
                },
            }
        };
        let task = task.in_current_span();
        match self.inner.pace.clone() {
            None => drop(tokio::spawn(self.inner.tracker.track_future(task))),
            Some(pace) => drop(tokio::spawn(self.inner.tracker.track_future(step_by_step(pace, task)))),
        }
    }

    /// Runs `future` as a task of this scope and waits for what it gives.
    ///
    /// Dropping the returned future does not stop the task: a caller that goes away leaves nothing half-done.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] when the task was dropped by a shutdown, or internal when it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        name: &'static str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        self.spawn(name, async move { drop(reply.send(future.await)) });
        answer.await.map_err(|_| {
            if self.inner.killed.is_cancelled() {
                Problem::new(&UNAVAILABLE).detail("The service is stopping. Send the request again.")
            } else {
                Problem::internal(format!("task {name} panicked"))
            }
        })
    }

    /// Asks the tasks to finish.
    pub fn stop(&self) {
        self.inner.stopping.cancel();
    }

    /// Drops the tasks that still run.
    pub fn kill(&self) {
        self.inner.stopping.cancel();
        self.inner.killed.cancel();
    }

    /// Waits until the tasks are asked to finish.
    pub async fn stopping(&self) {
        self.inner.stopping.cancelled().await;
    }

    /// Whether the tasks were asked to finish.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.inner.stopping.is_cancelled()
    }

    /// Waits until no task runs; new ones may still be spawned meanwhile and are waited for.
    pub async fn idle(&self) {
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }

    /// The number of tasks that run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.inner.tracker.len()
    }

    /// The number of tasks that panicked.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.inner.panics.load(Ordering::Relaxed)
    }
}

/// Runs `future`, and asks `pace` before each of its steps.
pub async fn step_by_step<T>(pace: Arc<dyn Pace>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        ready!(pace.step(context));
        future.as_mut().poll(context)
    })
    .await
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({}, {} running)", self.inner.name, self.running())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_task_only_and_is_counted() {
        let scope = Scope::new("test");
        let lost = scope.run("bad", async { panic!("on purpose") }).await;
        assert_eq!(lost.map(|(): ()| ()).unwrap_err().code(), "internal");
        assert_eq!(scope.run("good", async { 5 }).await.unwrap(), 5);
        assert_eq!(scope.panics(), 1);
    }

    #[tokio::test]
    async fn a_killed_scope_drops_what_waits_and_becomes_idle() {
        let scope = Scope::new("test");
        scope.spawn("forever", std::future::pending());
        let polite = scope.clone();
        scope.spawn("polite", async move { polite.stopping().await });
        assert_eq!(scope.running(), 2);
        scope.stop();
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert_eq!(scope.running(), 1);
        scope.kill();
        scope.idle().await;
        assert_eq!(scope.running(), 0);
    }

    /// Lets so many steps pass, then no more.
    #[derive(Debug)]
    struct Steps(AtomicU64);

    impl Pace for Steps {
        fn step(&self, _: &Context<'_>) -> Poll<()> {
            let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if taken.is_ok() { Poll::Ready(()) } else { Poll::Pending }
        }
    }

    #[tokio::test]
    async fn a_paced_task_takes_the_steps_that_it_may_take() {
        let steps = Arc::new(AtomicU64::new(0));
        let counted = steps.clone();
        let scope = Scope::paced("test", Some(Arc::new(Steps(AtomicU64::new(3)))));
        scope.spawn("walker", async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!((steps.load(Ordering::Relaxed), scope.running()), (3, 1));
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_does_not_stop_the_task() {
        let scope = Scope::new("test");
        let (done, heard) = oneshot::channel();
        let call = scope.run("work", async move {
            tokio::task::yield_now().await;
            done.send(()).unwrap();
        });
        {
            let mut call = Box::pin(call);
            let waker = std::task::Waker::noop();
            assert!(call.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        }
        heard.await.unwrap();
    }
}
