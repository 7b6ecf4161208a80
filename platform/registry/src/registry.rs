//! The registry: who is there, in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_kernel::{Clock, Entropy};
use tradewind_problem::{CONFLICT, Problem, UNAVAILABLE};

use crate::instance::{Instance, Listing, Registered};

/// The most instances.
const MOST: usize = 4_096;

/// How long a life that withdrew is not taken back: a heartbeat may still be on its way.
const REMEMBERED: Duration = Duration::from_secs(30);

/// The most lives that are remembered so.
const MOST_REMEMBERED: usize = 4_096;

/// Who is there. Clones are the same registry.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

/// How patient a registry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryOptions {
    /// An instance without a heartbeat for so long is taken for dead.
    pub ttl: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self { ttl: Duration::from_millis(2_500) }
    }
}

struct Inner {
    options: RegistryOptions,
    epoch: String,
    clock: Clock,
    began: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    numbers: u64,
    is_settled: bool,
    known: BTreeMap<String, Known>,
    withdrawn: BTreeMap<String, Duration>,
}

#[derive(Debug)]
struct Known {
    number: u64,
    instance: Instance,
    heard: Duration,
}

impl Registry {
    /// Nobody is there yet.
    #[must_use]
    pub fn new(options: RegistryOptions, clock: Clock, entropy: &Entropy) -> Self {
        let epoch = entropy.id(&clock).to_string();
        let began = clock.monotonic();
        let state = Mutex::new(State { version: 1, ..State::default() });
        Self { inner: Arc::new(Inner { options, epoch, clock, began, state, changed: Notify::new() }) }
    }

    /// An instance registers, changes, or sends a heartbeat. `id` is that of its present life.
    ///
    /// # Errors
    /// A problem when it cannot be called, has withdrawn, or there is no more room.
    pub fn hear(&self, id: &str, instance: Instance) -> Result<(), Problem> {
        instance.check()?;
        let now = self.now();
        let mut state = self.state();
        self.sweep(&mut state, now);
        if state.withdrawn.contains_key(id) {
            let detail = "This life of the instance has ended. Register under a new id.";
            return Err(Problem::new(&CONFLICT).detail(detail));
        }
        let is_full = state.known.len() >= MOST;
        match state.known.get_mut(id) {
            Some(known) => {
                known.heard = now;
                if known.instance == instance {
                    return Ok(());
                }
                known.instance = instance;
            }
            None if is_full => {
                return Err(Problem::new(&UNAVAILABLE).detail("The registry is full."));
            }
            None => {
                state.numbers += 1;
                let number = state.numbers;
                state.known.insert(id.to_owned(), Known { number, instance, heard: now });
            }
        }
        self.change(&mut state);
        Ok(())
    }

    /// An instance has ended, or is known to be dead. Its life does not come back.
    pub fn forget(&self, id: &str) {
        let now = self.now();
        let mut state = self.state();
        self.sweep(&mut state, now);
        if state.withdrawn.len() < MOST_REMEMBERED {
            state.withdrawn.insert(id.to_owned(), now);
        }
        if state.known.remove(id).is_some() {
            self.change(&mut state);
        }
    }

    /// Forgets every instance that `is_gone` says is dead: for whoever looks after their processes and saw them end.
    pub fn forget_where(&self, is_gone: impl Fn(&Instance) -> bool) {
        let gone: Vec<String> = {
            let state = self.state();
            let gone = state.known.iter().filter(|(_, known)| is_gone(&known.instance));
            gone.map(|(id, _)| id.clone()).collect()
        };
        for id in gone {
            self.forget(&id);
        }
    }

    /// Who is there now.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let now = self.now();
        let mut state = self.state();
        self.sweep(&mut state, now);
        self.list(&state)
    }

    /// Waits up to `limit` for a change after `version` of `epoch`, and says who is there then. A question about
    /// another life of the registry is answered at once.
    pub async fn watch(&self, epoch: &str, version: u64, limit: Duration) -> Listing {
        let end = self.now().saturating_add(limit);
        loop {
            // Before the look: a change between the two is not missed.
            let changed = self.inner.changed.notified();
            let now = self.now();
            let next = {
                let mut state = self.state();
                let next = self.sweep(&mut state, now);
                if epoch != self.inner.epoch || state.version != version || now >= end {
                    return self.list(&state);
                }
                next
            };
            let wait = next.map_or(end, |next| next.min(end)).saturating_sub(now);
            tokio::select! {
                biased;
                () = changed => {}
                () = self.inner.clock.sleep(wait) => {}
            }
        }
    }

    /// How long an instance may be silent.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        self.inner.options.ttl
    }

    /// Forgets who was silent for too long; gives when to look again.
    fn sweep(&self, state: &mut State, now: Duration) -> Option<Duration> {
        let ttl = self.inner.options.ttl;
        let before = state.known.len();
        state.known.retain(|id, known| {
            let lives = now.saturating_sub(known.heard) < ttl;
            if !lives {
                tracing::warn!(id, service = known.instance.service, "an instance was silent for too long");
            }
            lives
        });
        state.withdrawn.retain(|_, since| now.saturating_sub(*since) < REMEMBERED);
        let settles = self.inner.began.saturating_add(ttl);
        let settled = !state.is_settled && now >= settles;
        state.is_settled |= settled;
        if settled || state.known.len() != before {
            self.change(state);
        }
        let ends = state.known.values().map(|known| known.heard.saturating_add(ttl));
        ends.chain((!state.is_settled).then_some(settles)).min()
    }

    fn change(&self, state: &mut State) {
        state.version += 1;
        self.inner.changed.notify_waiters();
    }

    fn list(&self, state: &State) -> Listing {
        let registered = |(id, known): (&String, &Known)| Registered {
            id: id.clone(),
            number: known.number,
            instance: known.instance.clone(),
        };
        Listing {
            epoch: self.inner.epoch.clone(),
            version: state.version,
            is_settled: state.is_settled,
            instances: state.known.iter().map(registered).collect(),
        }
    }

    fn now(&self) -> Duration {
        self.inner.clock.monotonic()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry({} instances)", self.state().known.len())
    }
}
