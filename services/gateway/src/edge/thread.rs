//! The part of one thread.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use tradewind_data_plane::{Answer, Cluster, ClusterSettings, Decision, EdgeThread, Outcome, Request};
use tradewind_routing::{BackendId, Found};

use crate::edge::counts::{Counts, Labels};
use crate::edge::decide;
use crate::edge::rule::{Compiled, Entry};
use crate::edge::{Routes, Shared};

/// Ticks between two looks at connections that nobody uses.
const SWEEP: u32 = 20;

/// The part of one thread. Rules are made ready when they are first asked for, so that a change of the documents costs
/// only what is used of them.
pub(crate) struct ThreadEdge {
    shared: Arc<Shared>,
    version: Cell<u64>,
    routes: RefCell<Rc<Ready>>,
    clusters: RefCell<BTreeMap<BackendId, Rc<Cluster>>>,
    counts: RefCell<BTreeMap<Labels, Arc<Counts>>>,
    random: Cell<u64>,
    ticks: Cell<u32>,
}

/// The routes in use, and what of them is ready.
pub(crate) struct Ready {
    pub(crate) routes: Arc<Routes>,
    rules: RefCell<BTreeMap<usize, Rc<Compiled>>>,
    entries: RefCell<Vec<Option<Rc<Entry>>>>,
}

impl Ready {
    fn new(routes: Arc<Routes>) -> Rc<Self> {
        let entries = vec![None; routes.table.entries()];
        Rc::new(Self { routes, rules: RefCell::default(), entries: RefCell::new(entries) })
    }
}

impl ThreadEdge {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            version: Cell::new(shared.version()),
            routes: RefCell::new(Ready::new(shared.routes())),
            shared,
            clusters: RefCell::default(),
            counts: RefCell::default(),
            random: Cell::new(0x9e37_79b9_7f4a_7c15),
            ticks: Cell::new(0),
        }
    }

    /// The routes in use. Who holds them goes on with them, whatever takes their place meanwhile.
    pub(crate) fn ready(&self) -> Rc<Ready> {
        let version = self.shared.version();
        if self.version.replace(version) != version {
            let routes = self.shared.routes();
            for (backend, cluster) in &*self.clusters.borrow() {
                cluster.set_endpoints(endpoints(&routes, backend));
            }
            // A backend that is named no more has no connections to keep.
            self.clusters.borrow_mut().retain(|backend, _| routes.endpoints.contains_key(backend));
            *self.routes.borrow_mut() = Ready::new(routes);
        }
        self.routes.borrow().clone()
    }

    /// What was found, made ready.
    pub(crate) fn entry(&self, ready: &Ready, found: &Found<'_>) -> Rc<Entry> {
        if let Some(Some(entry)) = ready.entries.borrow().get(found.entry) {
            return entry.clone();
        }
        let rule = ready.rules.borrow().get(&found.rule.index).cloned();
        let rule = rule.unwrap_or_else(|| {
            let rule = Rc::new(Compiled::new(found.rule, &mut |backend| self.cluster(ready, backend)));
            ready.rules.borrow_mut().insert(found.rule.index, rule.clone());
            rule
        });
        let entry = Rc::new(Entry { counts: self.count(found), rule });
        if let Some(place) = ready.entries.borrow_mut().get_mut(found.entry) {
            *place = Some(entry.clone());
        }
        entry
    }

    pub(crate) fn cluster(&self, ready: &Ready, backend: &BackendId) -> Rc<Cluster> {
        let mut clusters = self.clusters.borrow_mut();
        let make = || {
            let cluster = Cluster::new(backend.to_string(), ClusterSettings::default());
            cluster.set_endpoints(endpoints(&ready.routes, backend));
            Rc::new(cluster)
        };
        clusters.entry(backend.clone()).or_insert_with(make).clone()
    }

    fn count(&self, found: &Found<'_>) -> Arc<Counts> {
        let rule = found.rule.name.clone().unwrap_or_else(|| found.rule.number.to_string());
        let labels = Labels { route: found.rule.route.to_string(), rule, path: found.template.to_string() };
        let mut counts = self.counts.borrow_mut();
        counts.entry(labels).or_insert_with_key(|labels| self.shared.counts.counts(labels)).clone()
    }

    /// A number below a bound, for shares; it is no secret (xorshift).
    pub(crate) fn below(&self, bound: u64) -> u64 {
        let mut state = self.random.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        // The high half is the better one; the bias of the remainder is that of weights far below 2^32.
        (state >> 16) % bound.max(1)
    }

    pub(crate) fn refuse(&self, reason: &'static str) {
        self.shared.counts.refuse(reason);
    }
}

fn endpoints<'a>(routes: &'a Routes, backend: &BackendId) -> &'a [SocketAddr] {
    routes.endpoints.get(backend).map(Vec::as_slice).unwrap_or_default()
}

impl EdgeThread for ThreadEdge {
    fn decide(&self, request: &Request<'_>) -> Decision {
        decide::decide(self, request)
    }

    fn finished(&self, _request: &Request<'_>, outcome: &Outcome, mark: Option<&Rc<dyn Any>>) {
        if let Some(entry) = mark.and_then(|mark| mark.downcast_ref::<Entry>()) {
            entry.counts.record(outcome);
        }
    }

    fn refused(&self, _peer: SocketAddr, answer: &Answer) {
        self.refuse(answer.reason());
    }

    fn tick(&self) {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(SWEEP) {
            self.clusters.borrow().values().for_each(|cluster| cluster.sweep());
        }
        self.ready();
    }
}
