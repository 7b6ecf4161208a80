//! What ties the gateway to a cluster: objects come in, statuses go out.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join3, select};
use tradewind_kernel::{Clock, Entropy};
use tradewind_kubernetes::{Cluster, ClusterError};

use crate::cluster::follow::{Follower, follow};
use crate::cluster::judged::Judged;
use crate::cluster::options::Options;
use crate::cluster::trouble::tell;
use crate::cluster::versions::look;
use crate::cluster::view::View;
use crate::cluster::write::{Board, write};

/// The tie to a cluster, shared by what follows, reads, serves and writes.
pub(crate) struct Link {
    options: Options,
    follower: Mutex<Option<Follower>>,
    /// Why nothing is served yet.
    waiting: Mutex<Option<String>>,
    /// Why it never will be.
    failed: Mutex<Option<String>>,
    is_complete: AtomicBool,
    board: Board,
}

impl Link {
    pub(crate) fn new(options: Options) -> Arc<Self> {
        let waiting = Some("the cluster was not asked yet".to_owned());
        Arc::new(Self {
            options,
            follower: Mutex::default(),
            waiting: Mutex::new(waiting),
            failed: Mutex::default(),
            is_complete: AtomicBool::new(false),
            board: Board::default(),
        })
    }

    /// Why requests are not taken yet; none once they are.
    pub(crate) fn waiting(&self) -> Option<String> {
        lock(&self.waiting).clone()
    }

    /// What was read first is in use: requests are taken. Says whether that is news.
    pub(crate) fn serves(&self) -> bool {
        lock(&self.waiting).take().is_some()
    }

    /// Why it cannot go on.
    pub(crate) fn failed(&self) -> Option<String> {
        lock(&self.failed).clone()
    }

    /// All objects, once all of the first lists are there; none where they are those of the last look.
    pub(crate) fn view(&self) -> Option<View> {
        if !self.is_complete.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.follower).as_mut()?.other_view()
    }

    /// Has statuses say what came of the objects.
    pub(crate) fn tell(&self, judged: Judged) {
        self.board.put(judged);
    }

    /// Follows the cluster and writes statuses, for as long as it is polled; `ask` is called when objects are others.
    pub(crate) async fn run(&self, clock: Clock, entropy: Entropy, ask: impl Fn()) {
        let cluster = match self.connect(&clock, entropy).await {
            Ok(cluster) => cluster,
            Err(error) => return self.fail(error.to_string()),
        };
        let mut follower = follow(&cluster, &self.options);
        *lock(&self.follower) = Some(follower.clone());
        let (telling, serving) =
            (tell(follower.clone(), &clock), self.serve(&cluster, &mut follower, &clock, ask));
        // What tells of trouble never ends.
        select(pin!(telling), pin!(serving)).await;
    }

    /// Waits for the first lists, and then has objects read and writes what came of them.
    async fn serve(&self, cluster: &Cluster, follower: &mut Follower, clock: &Clock, ask: impl Fn()) {
        if let Err(missing) = self.first_lists(follower, clock).await {
            let seconds = self.options.first_lists;
            return self
                .fail(format!("the first lists of all objects were not there after {seconds} s: {missing}"));
        }
        self.is_complete.store(true, Ordering::Release);
        *lock(&self.waiting) = Some("all lists are there, and are being read".to_owned());
        ask();
        let writing = write((cluster, follower.clone()), &self.board, self.options.class(), clock);
        let following = async {
            loop {
                follower.changed(clock).await;
                ask();
                self.board.look();
            }
        };
        join3(writing, following, look(cluster, &self.board, clock)).await;
    }

    async fn connect(&self, clock: &Clock, entropy: Entropy) -> Result<Cluster, ClusterError> {
        match &self.options.api_server {
            Some(address) => Cluster::at(address, clock.clone(), entropy),
            None => Cluster::from_environment(clock.clone(), entropy).await,
        }
    }

    /// Waits for the first lists, and says what is missing after the deadline.
    async fn first_lists(&self, follower: &mut Follower, clock: &Clock) -> Result<(), String> {
        let deadline = clock.monotonic() + Duration::from_secs(self.options.first_lists);
        loop {
            let Err(missing) = follower.view() else { return Ok(()) };
            let left = deadline.saturating_sub(clock.monotonic());
            if left.is_zero() {
                return Err(missing);
            }
            *lock(&self.waiting) = Some(missing);
            // The reason may become another one without news of objects.
            let _ = clock.timeout(left.min(Duration::from_secs(1)), follower.changed(clock)).await;
        }
    }

    fn fail(&self, reason: String) {
        *lock(&self.failed) = Some(reason);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
