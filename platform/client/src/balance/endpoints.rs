//! The endpoints of one peer, shared by all who call it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_kernel::{Clock, Entropy};

use crate::Address;
use crate::balance::choice::{Wanted, choose};
use crate::balance::endpoint::{Ended, Endpoint, Located};
use crate::balance::state::{EndpointState, OutReason};
use crate::policy::breaker::Ticket;
use crate::policy::{BalanceOptions, BreakerOptions, BreakerState};

/// The endpoints of one peer: where they are, how they are, and which of them gets the next call. Clones are the same.
///
/// Whoever knows where they are says so with [`Endpoints::set`]; [`Endpoints::look_after`] probes them while there are
/// calls. What calls learn about an endpoint, all callers know.
#[derive(Debug, Clone)]
pub struct Endpoints {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    entropy: Entropy,
    state: Mutex<State>,
    /// There is something to probe.
    awake: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) list: Vec<Endpoint>,
    pub(super) options: BalanceOptions,
    breaker: Option<BreakerOptions>,
    serials: u64,
    source: String,
    trouble: Option<String>,
    pub(super) last_call: Option<Duration>,
    /// Whether whoever probes waits for a call.
    pub(super) is_asleep: bool,
    picks: u64,
    ejections: BTreeMap<OutReason, u64>,
    rerouted: u64,
}

/// Why no endpoint was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPick {
    /// None is known.
    Empty,
    /// No breaker lets the call through: that of the endpoint that comes back first, and how many there are.
    Tripped(BreakerState, usize),
}

/// What is known of all endpoints.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) endpoints: Vec<EndpointState>,
    pub(crate) breaker: BreakerState,
    pub(crate) source: String,
    pub(crate) trouble: Option<String>,
    pub(crate) picks: u64,
    pub(crate) ejections: BTreeMap<OutReason, u64>,
    pub(crate) rerouted: u64,
}

/// An endpoint with a call under way; counted until it is reported or dropped.
#[derive(Debug)]
pub(crate) struct Pick {
    endpoints: Endpoints,
    serial: u64,
    address: Arc<Address>,
    ticket: Option<Ticket>,
    began: Duration,
    is_open: bool,
}

impl Endpoints {
    /// Nobody yet. `source` says for operators who knows where they are.
    #[must_use]
    pub fn new(clock: Clock, entropy: Entropy, source: impl Into<String>) -> Self {
        let state = State {
            list: Vec::new(),
            options: BalanceOptions::default(),
            breaker: Some(BreakerOptions::default()),
            serials: 0,
            source: source.into(),
            trouble: None,
            last_call: None,
            is_asleep: false,
            picks: 0,
            ejections: OutReason::ALL.into_iter().map(|reason| (reason, 0)).collect(),
            rerouted: 0,
        };
        Self { inner: Arc::new(Inner { clock, entropy, state: Mutex::new(state), awake: Notify::new() }) }
    }

    /// One endpoint, for good.
    #[must_use]
    pub fn one(clock: Clock, entropy: Entropy, address: Address) -> Self {
        let source = if address.is_near() { "in this process" } else { "given" };
        let name = address.name();
        let endpoints = Self::new(clock, entropy, source);
        endpoints.set(vec![Located {
            name,
            address,
            instance: None,
            is_leaving: false,
            is_elsewhere: false,
        }]);
        endpoints
    }

    /// Says where they are now. Who stays keeps what is known of it; who joins others begins with less than its share.
    pub fn set(&self, located: Vec<Located>) {
        let now = self.now();
        let mut state = self.state();
        let mut known = std::mem::take(&mut state.list);
        let joins = !known.is_empty();
        for located in located {
            let same = |endpoint: &Endpoint| {
                endpoint.located.name == located.name && endpoint.located.instance == located.instance
            };
            match known.iter().position(same) {
                Some(at) => {
                    let mut endpoint = known.swap_remove(at);
                    endpoint.located.is_leaving = located.is_leaving;
                    endpoint.located.is_elsewhere = located.is_elsewhere;
                    state.list.push(endpoint);
                }
                None => {
                    state.serials += 1;
                    let endpoint = Endpoint::new(state.serials, located, state.breaker.clone(), joins, now);
                    state.list.push(endpoint);
                }
            }
        }
        // Alike in two runs, however the source tells them.
        state.list.sort_by(|one, other| one.located.name.cmp(&other.located.name));
        state.trouble = None;
    }

    /// Says that nobody could be asked where they are: those that are known stay.
    pub fn set_trouble(&self, trouble: impl Into<String>) {
        self.state().trouble = Some(trouble.into());
    }

    /// The addresses that are known now.
    #[must_use]
    pub fn located(&self) -> Vec<Located> {
        self.state().list.iter().map(|endpoint| endpoint.located.clone()).collect()
    }

    /// Puts breakers with these options before all of them; what the former ones knew is forgotten.
    pub(crate) fn set_options(&self, balance: BalanceOptions, breaker: Option<BreakerOptions>) {
        let mut state = self.state();
        for endpoint in &mut state.list {
            endpoint.set_breaker(breaker.clone());
        }
        state.breaker = breaker;
        state.options = balance;
    }

    /// The endpoint for one attempt.
    pub(crate) fn pick(&self, wanted: &Wanted<'_>) -> Result<Pick, NoPick> {
        let now = self.now();
        let mut guard = self.state();
        let state = &mut *guard;
        if wanted.is_urgent {
            state.last_call = Some(now);
            if std::mem::take(&mut state.is_asleep) {
                self.inner.awake.notify_one();
            }
        }
        let chosen = choose(&state.list, wanted, &state.options, (now, &self.inner.entropy));
        let Some(endpoint) = chosen.and_then(|at| state.list.get_mut(at)) else {
            return Err(match closest(&state.list, now) {
                Some(breaker) => NoPick::Tripped(breaker, state.list.len()),
                None => NoPick::Empty,
            });
        };
        let ticket = endpoint.begin(wanted.through_breakers, now);
        state.picks += 1;
        let (serial, address) = (endpoint.serial, endpoint.address.clone());
        Ok(Pick { endpoints: self.clone(), serial, address, ticket, began: now, is_open: true })
    }

    /// Whether a further try of a call could be sent to one that works, and has not failed it yet.
    pub(crate) fn has_another(&self, tried: &[u64]) -> bool {
        let now = self.now();
        let is_other = |endpoint: &Endpoint| {
            !tried.contains(&endpoint.serial)
                && !endpoint.is_out()
                && endpoint.breaker(now) == BreakerState::Closed
        };
        self.state().list.iter().any(is_other)
    }

    /// The breaker of the whole peer: that of the endpoint that lets most through.
    pub(crate) fn breaker(&self) -> BreakerState {
        let now = self.now();
        closest(&self.state().list, now).unwrap_or(BreakerState::Closed)
    }

    /// A call that one endpoint failed was sent to another.
    pub(crate) fn count_rerouted(&self) {
        self.state().rerouted += 1;
    }

    pub(crate) fn seen(&self) -> Seen {
        let now = self.now();
        let state = self.state();
        Seen {
            endpoints: state.list.iter().map(|endpoint| endpoint.state(&state.options, now)).collect(),
            breaker: closest(&state.list, now).unwrap_or(BreakerState::Closed),
            source: state.source.clone(),
            trouble: state.trouble.clone(),
            picks: state.picks,
            ejections: state.ejections.clone(),
            rerouted: state.rerouted,
        }
    }

    /// Whether all of them are in this process.
    pub(crate) fn are_near(&self) -> bool {
        self.state().list.iter().all(|endpoint| endpoint.located.address.is_near())
    }

    /// The stopwatch of everything that is known of them.
    pub(crate) fn now(&self) -> Duration {
        self.inner.clock.monotonic()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.inner.entropy
    }

    pub(super) fn awake(&self) -> &Notify {
        &self.inner.awake
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn find(&mut self, serial: u64) -> Option<&mut Endpoint> {
        self.list.iter_mut().find(|endpoint| endpoint.serial == serial)
    }

    /// Leaves an endpoint alone.
    pub(super) fn eject(&mut self, serial: u64, reason: OutReason, now: Duration) -> bool {
        let is_news = self.find(serial).is_some_and(|endpoint| endpoint.eject(reason, now));
        if is_news {
            *self.ejections.entry(reason).or_default() += 1;
        }
        is_news
    }
}

/// The breaker that lets most through: closed, half-open, or that which is open for the shortest time.
fn closest(list: &[Endpoint], now: Duration) -> Option<BreakerState> {
    let key = |state: &BreakerState| match state {
        BreakerState::Closed => (0, Duration::ZERO),
        BreakerState::HalfOpen { .. } => (1, Duration::ZERO),
        BreakerState::Open { remaining, .. } => (2, *remaining),
    };
    list.iter().map(|endpoint| endpoint.breaker(now)).min_by_key(key)
}

impl Pick {
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    pub(crate) fn address(&self) -> &Arc<Address> {
        &self.address
    }

    /// Tells how the attempt ended; gives whether that closed the breaker of the endpoint. What `waits` by itself, as a
    /// long poll does, says nothing of how quick the endpoint is.
    pub(crate) fn report(mut self, ended: Ended, waits: bool) -> bool {
        self.is_open = false;
        let endpoints = &self.endpoints;
        let now = endpoints.now();
        let took = (!waits).then(|| now.saturating_sub(self.began));
        let mut state = endpoints.state();
        let entropy = &endpoints.inner.entropy;
        let Some(endpoint) = state.find(self.serial) else { return false };
        let closed = endpoint.end(self.ticket.take(), ended, took, (now, entropy));
        if let Some(reason) = Endpoint::ejection(ended)
            && state.eject(self.serial, reason, now)
        {
            // It is probed at once: perhaps only the connection broke.
            endpoints.inner.awake.notify_one();
        }
        closed
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        if self.is_open
            && let Some(endpoint) = self.endpoints.state().find(self.serial)
        {
            endpoint.abandon(self.ticket.take());
        }
    }
}
