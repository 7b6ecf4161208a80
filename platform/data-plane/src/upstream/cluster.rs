//! The endpoints of one backend.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tradewind_edge::retry_budget::RetryBudget;

use crate::settings::BackendProtocol;
use crate::timer::{Moment, now};
use crate::tls::BackendTls;
use crate::upstream::balance;
use crate::upstream::endpoint::Endpoint;

/// How connections to a backend are made and kept.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// The version of HTTP that the endpoints speak. Default HTTP/1.1.
    pub protocol: BackendProtocol,
    /// How long a connection may take to be there. Default 2 s.
    pub connect: Duration,
    /// How long a connection is kept unused. Default 30 s, which is less than what servers keep one for.
    pub idle: Duration,
    /// Connections of HTTP/1 that each thread keeps unused for each endpoint. Default 512.
    pub most_idle: usize,
    /// Requests under way to one endpoint from each thread; further ones go to others, or are refused. Default 1,024.
    pub most_requests: u32,
    /// Failures in a row after which an endpoint is left alone for a while. Default 5.
    pub failures: u32,
    /// How long it is left alone the first time; each further time twice as long, up to ten times. Default 5 s.
    pub ejection: Duration,
    /// TLS, where connections have it.
    pub tls: Option<BackendTls>,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            protocol: BackendProtocol::default(),
            connect: Duration::from_secs(2),
            idle: Duration::from_secs(30),
            most_idle: 512,
            most_requests: 1_024,
            failures: 5,
            ejection: Duration::from_secs(5),
            tls: None,
        }
    }
}

/// The endpoints of one backend, and one thread's connections to them.
pub struct Cluster {
    name: Arc<str>,
    pub(crate) settings: ClusterSettings,
    endpoints: RefCell<Vec<Rc<Endpoint>>>,
    /// Live requests pay for attempts again.
    budget: RefCell<RetryBudget>,
    began: Moment,
    draws: Cell<u64>,
}

/// Why there is no endpoint for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nobody {
    /// The backend has no endpoints.
    Empty,
    /// All have as many requests as they may have.
    Busy,
}

impl Cluster {
    /// A cluster for the thread that calls, without endpoints.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, settings: ClusterSettings) -> Self {
        Self {
            name: name.into(),
            settings,
            endpoints: RefCell::default(),
            budget: RefCell::new(RetryBudget::of_thread(1)),
            began: now(),
            draws: Cell::new(0x9e37_79b9_7f4a_7c15),
        }
    }

    /// The name, for logs.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Says which endpoints there are. Connections to those that stay are kept; requests under way to others go on.
    pub fn set_endpoints(&self, addresses: &[SocketAddr]) {
        let before: BTreeMap<SocketAddr, Rc<Endpoint>> =
            self.endpoints.borrow().iter().map(|endpoint| (endpoint.address, endpoint.clone())).collect();
        let kept = |address: &SocketAddr| {
            before.get(address).cloned().unwrap_or_else(|| Rc::new(Endpoint::new(*address)))
        };
        *self.endpoints.borrow_mut() = addresses.iter().map(kept).collect();
    }

    /// The endpoints, for who looks on: address, requests under way on this thread, and whether it is left alone.
    #[must_use]
    pub fn endpoints(&self) -> Vec<(SocketAddr, u32, bool)> {
        let now = now();
        let endpoints = self.endpoints.borrow();
        endpoints.iter().map(|one| (one.address, one.in_flight.get(), one.is_ejected(now))).collect()
    }

    /// Chooses an endpoint that is none of `tried`, unless there is no other.
    pub(crate) fn pick(&self, tried: &[SocketAddr]) -> Result<Rc<Endpoint>, Nobody> {
        let endpoints = self.endpoints.borrow();
        if let [only] = endpoints.as_slice() {
            let has_room = only.in_flight.get() < self.settings.most_requests;
            return if has_room { Ok(only.clone()) } else { Err(Nobody::Busy) };
        }
        if endpoints.is_empty() {
            return Err(Nobody::Empty);
        }
        balance::pick(&endpoints, tried, self.settings.most_requests, self.draw()).ok_or(Nobody::Busy)
    }

    /// A live request: it pays a part of an attempt again.
    pub(crate) fn deposit(&self, now: Moment) {
        self.budget.borrow_mut().deposit(now.saturating_duration_since(self.began));
    }

    /// Takes an attempt again out of the budget, so that failing backends are not asked ever more often.
    pub(crate) fn withdraw(&self) -> bool {
        self.budget.borrow_mut().withdraw(now().saturating_duration_since(self.began))
    }

    /// Drops connections that were unused for too long.
    pub fn sweep(&self) {
        let now = now();
        self.endpoints.borrow().iter().for_each(|endpoint| endpoint.sweep(now, self.settings.idle));
    }

    /// An endpoint has answered well, or has not.
    pub(crate) fn report(&self, endpoint: &Endpoint, is_well: bool) {
        if is_well && endpoint.is_in_order() {
            return;
        }
        let alone = {
            let now = now();
            let endpoints = self.endpoints.borrow();
            let ejected = endpoints.iter().filter(|one| one.is_ejected(now)).count();
            // Half of them at most: where most fail the fault is elsewhere, and the rest would not bear it.
            (ejected + 1) * 2 > endpoints.len()
        };
        endpoint.report(is_well, self.settings.failures, self.settings.ejection, alone);
    }

    fn draw(&self) -> u64 {
        // xorshift: which of two endpoints is asked is no secret.
        let mut state = self.draws.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.draws.set(state);
        state
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cluster").field("name", &self.name).finish_non_exhaustive()
    }
}
