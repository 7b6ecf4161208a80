//! Checks of endpoints: requests of our own, which find out who does not work before a client does.
//!
//! One thread asks for all of them, so that the number of threads that serve clients does not multiply what an endpoint
//! gets, and a check waits for no client. What it finds stands on a board, whose number changes with each verdict: who
//! serves clients looks at that number now and then, and fetches what is behind the lock only when it has changed.

mod ask;
mod schedule;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_edge::health::Health;

use crate::task;
use crate::upstream::cluster::ClusterSettings;

/// What endpoints are asked, and what is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSettings {
    /// The path that is asked for by `GET`, and its query if it has one.
    pub path: String,
    /// How often, about: up to a tenth more or less is drawn, so that checks do not come all at once.
    pub interval: Duration,
    /// How long an answer may take, with its connection.
    pub timeout: Duration,
    /// So many good answers in a row bring an endpoint back.
    pub healthy: u32,
    /// So many bad ones take it out. The first answer of all decides alone.
    pub unhealthy: u32,
    /// Statuses that are good.
    pub statuses: Vec<u16>,
}

/// A cluster whose endpoints are checked.
#[derive(Debug, Clone)]
pub struct Check {
    /// The name of the cluster.
    pub name: Arc<str>,
    /// Its endpoints.
    pub endpoints: Vec<SocketAddr>,
    /// How connections to them are made.
    pub cluster: ClusterSettings,
    /// What they are asked.
    pub settings: CheckSettings,
}

/// The checks under way. They end when this is dropped.
#[derive(Debug)]
pub struct Checks {
    board: Arc<Board>,
    seed: u64,
    thread: Option<JoinHandle<()>>,
}

/// What checks have found, for all who want to know.
#[derive(Debug, Clone)]
pub struct Verdicts(Arc<Board>);

type Found = BTreeMap<Arc<str>, BTreeMap<SocketAddr, Health>>;

/// What the thread is told, and what it tells.
#[derive(Debug, Default)]
struct Board {
    wanted: Mutex<Option<Vec<Check>>>,
    told: Notify,
    is_over: AtomicBool,
    version: AtomicU64,
    found: Mutex<Found>,
}

impl Checks {
    /// Nothing is checked yet. `seed` spreads checks over time.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { board: Arc::default(), seed, thread: None }
    }

    /// What is found.
    #[must_use]
    pub fn verdicts(&self) -> Verdicts {
        Verdicts(self.board.clone())
    }

    /// From now on these are checked and no others, unless it was stopped. Who was checked in the same way before keeps
    /// its verdict.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn set(&mut self, wanted: Vec<Check>) -> std::io::Result<()> {
        let is_over = self.board.is_over.load(Ordering::Acquire);
        if is_over || (self.thread.is_none() && wanted.is_empty()) {
            return Ok(());
        }
        *lock(&self.board.wanted) = Some(wanted);
        self.board.told.notify_one();
        if self.thread.is_none() {
            let (board, seed) = (self.board.clone(), self.seed);
            let run = move || async move { schedule::run(&board, seed).await };
            self.thread = Some(task::thread("checks", run)?);
        }
        Ok(())
    }

    /// Nothing is checked any more, not even what was begun. What was found stays.
    pub fn stop(&mut self) {
        self.board.is_over.store(true, Ordering::Release);
        self.board.told.notify_one();
        if let Some(thread) = self.thread.take() {
            // It panics only with a fault of ours, which it has told already.
            let _ = thread.join();
        }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Verdicts {
    /// Changes with each verdict.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// What is known of the endpoints of a cluster; nothing of those that nobody checks.
    #[must_use]
    pub fn of(&self, name: &str) -> BTreeMap<SocketAddr, Health> {
        lock(&self.0.found).get(name).cloned().unwrap_or_default()
    }
}

impl Board {
    fn change(&self, change: impl FnOnce(&mut Found)) {
        change(&mut lock(&self.found));
        self.version.fetch_add(1, Ordering::Release);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
