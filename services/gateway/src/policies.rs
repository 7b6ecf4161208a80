//! Policies at the door of the fleet. What documents say of a request is judged by the code that judges for the data
//! plane; only what keeps it is of its own, since tasks here may move between threads.

mod compressed;
mod room;
mod unheld;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_data_plane::{Answer, Compression, Request};
use tradewind_edge::limit;
use tradewind_gateway_api::policy::backend::AdaptiveConcurrency;
use tradewind_gateway_api::policy::retry::Priority;
use tradewind_kernel::{Clock, Entropy};
use tradewind_routing::{BackendId, EffectiveRoutePolicy, RouteId, Rule, Table};

use crate::edge::{Fetches, Guarded, Guarding, Keys, Port, judge};

pub(crate) use compressed::Compressing;
pub(crate) use room::{Room, Waiting};
pub(crate) use unheld::{in_clear, unheld};

/// Clients that are told apart by limits.
const CLIENTS: usize = 64 * 1024;

/// What outlives a change of documents.
pub(crate) struct Lasting {
    pub(crate) clock: Clock,
    /// Keys that are fetched.
    pub(crate) fetches: Fetches,
    /// What clients have used of their limits; not there before the first limit.
    limits: OnceLock<limit::Table>,
    seed: u64,
}

impl Lasting {
    pub(crate) fn new(clock: Clock, entropy: &Entropy) -> Self {
        let mut seed = [0; 8];
        entropy.fill(&mut seed);
        let (fetches, limits) = (Fetches::default(), OnceLock::new());
        Self { clock, fetches, limits, seed: u64::from_le_bytes(seed) }
    }

    fn limits(&self) -> &limit::Table {
        self.limits.get_or_init(|| limit::Table::new(CLIENTS, self.seed))
    }
}

/// The policies of a table. Never changes: other documents are another one. Those of a rule are made ready when they are
/// first asked for.
pub(crate) struct Policies {
    lasting: Arc<Lasting>,
    port: Port,
    keys: Keys,
    /// By the index of the rule.
    guards: BTreeMap<usize, OnceLock<Guard>>,
    /// Rules of one policy share it, so that what it remembers is remembered once.
    shared: Mutex<BTreeMap<RouteId, Vec<Known>>>,
    rooms: BTreeMap<BackendId, (AdaptiveConcurrency, Option<Arc<Room>>)>,
}

/// Asked by one request at a time, for as long as it takes to judge it: nobody waits while it is held.
type Guard = Arc<Mutex<Guarding>>;

/// A policy of a route, made ready.
type Known = (Arc<EffectiveRoutePolicy>, Guard);

/// A request that may go on, and what goes with it.
pub(crate) struct Admitted {
    guarded: Guarded,
    defaults: Arc<[(HeaderName, HeaderValue)]>,
    pub(crate) compression: Option<Compression>,
    pub(crate) most_body: u64,
    pub(crate) priority: Priority,
}

impl Policies {
    /// Those of a table at a port, with what is known of those before.
    pub(crate) fn new(lasting: &Arc<Lasting>, (table, port): (&Table, u16), before: Option<&Self>) -> Self {
        let room = |backend: BackendId| {
            let policy = table.backend_policy(&backend).adaptive_concurrency;
            let known =
                before.and_then(|before| before.rooms.get(&backend)).filter(|(known, _)| *known == policy);
            let room = known.map_or_else(|| Room::new(&policy, &lasting.clock), |(_, room)| room.clone());
            (backend, (policy, room))
        };
        Self {
            port: Port::of(table, port),
            keys: Keys::of(
                table,
                &lasting.fetches,
                &before.map(|before| before.keys.clone()).unwrap_or_default(),
            ),
            guards: table.rules().map(|rule| (rule.index, OnceLock::new())).collect(),
            shared: Mutex::default(),
            rooms: table.backends().iter().cloned().map(room).collect(),
            lasting: lasting.clone(),
        }
    }

    /// Whether a request may go on by the rule that it was found to follow.
    pub(crate) fn judge(&self, rule: &Rule, request: &Request<'_>) -> Result<Admitted, Box<Answer>> {
        let place = self.guards.get(&rule.index).ok_or_else(no_guard)?;
        let guarding = place.get_or_init(|| self.guard(rule));
        let guarding = guarding.lock().unwrap_or_else(PoisonError::into_inner);
        let guarded = judge(Some(&self.port), (&guarding, rule), request, self.lasting.limits())?;
        let [defaults, _] = &guarding.headers;
        Ok(Admitted {
            guarded,
            defaults: defaults.clone(),
            compression: guarding.compressing.as_ref().map(|one| one.of(request)),
            most_body: guarding.policy.max_body_bytes,
            priority: guarding.policy.priority,
        })
    }

    fn guard(&self, rule: &Rule) -> Guard {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let of_route = shared.entry(rule.route.clone()).or_default();
        if let Some((_, guard)) = of_route.iter().find(|(policy, _)| Arc::ptr_eq(policy, &rule.policy)) {
            return guard.clone();
        }
        let guarding = Guarding::new(&rule.policy, &rule.route, &self.keys, self.lasting.seed);
        let guard = Arc::new(Mutex::new(guarding));
        of_route.push((rule.policy.clone(), guard.clone()));
        guard
    }

    /// What keeps the limit of a backend; none where it has none.
    pub(crate) fn room(&self, backend: &BackendId) -> Option<&Arc<Room>> {
        self.rooms.get(backend)?.1.as_ref()
    }
}

/// Each rule has one; a request that would come to none must not go on unjudged.
fn no_guard() -> Box<Answer> {
    let detail = "A rule about this request cannot be read. It is the gateway's fault.";
    Box::new(Answer::problem(&tradewind_problem::INTERNAL, detail).because("broken-policy"))
}

impl Admitted {
    /// Who asks, behind proxies that are believed.
    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.guarded.client
    }

    /// Takes from the request what its client may not say, and adds what is known instead.
    pub(crate) fn change_request(&self, headers: &mut HeaderMap) {
        for name in &self.guarded.passed.withheld {
            headers.remove(name);
        }
        for (name, value) in &self.guarded.passed.request_headers {
            headers.insert(name, value.clone());
        }
    }

    /// Adds to an answer what a client is told besides.
    pub(crate) fn change_response(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.guarded.passed.response_headers {
            headers.insert(name, value.clone());
        }
        for (name, value) in &*self.defaults {
            if !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
    }
}
