//! The part of one thread.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tradewind_data_plane::{
    Admission, Answer, Answered, Cluster, Decision, EdgeThread, Introduction, Outcome, Passed, Request,
};
use tradewind_edge::address::CidrSet;
use tradewind_edge::health::Health;
use tradewind_edge::limit;
use tradewind_gateway_api::policy::listener::AccessLog;
use tradewind_routing::{BackendId, EffectiveBackendPolicy, Found, Rule};

use crate::edge::access_log::Lines;
use crate::edge::alone::Endpoints;
use crate::edge::counts::{Counts, Labels};
use crate::edge::decide;
use crate::edge::gate::{Gate, Place};
use crate::edge::gate_counts::GateCounts;
use crate::edge::named;
use crate::edge::reach;
use crate::edge::ready::Ready;
use crate::edge::rule::{Compiled, Entry, Leads, Mark, Named};
use crate::edge::visitor::Visitor;
use crate::edge::{Routes, Secured, Shared};

/// Ticks between two looks at connections that nobody uses.
const SWEEP: u32 = 20;

/// The part of one thread. Rules are made ready when they are first asked for, and stay so while they do not change, so
/// that a change of the documents costs only what is used of what changes.
pub(crate) struct ThreadEdge {
    shared: Arc<Shared>,
    number: u64,
    version: Cell<u64>,
    /// The number of the verdicts that the clusters know.
    verdicts: Cell<u64>,
    routes: RefCell<Rc<Ready>>,
    clusters: RefCell<BTreeMap<BackendId, Known>>,
    /// What it has said that it leaves alone.
    alone: RefCell<Endpoints>,
    lines: Option<Lines>,
    counts: RefCell<BTreeMap<Labels, Arc<Counts>>>,
    random: Cell<u64>,
    ticks: Cell<u32>,
    gate_counts: RefCell<BTreeMap<BackendId, Arc<GateCounts>>>,
    /// When the last request came.
    now: Cell<Duration>,
}

/// The way to a backend, and what it was made of.
struct Known {
    leads: Leads,
    policy: Arc<EffectiveBackendPolicy>,
    secured: Option<Secured>,
}

impl ThreadEdge {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let number = shared.number();
        Self {
            number,
            alone: RefCell::default(),
            version: Cell::new(shared.version()),
            verdicts: Cell::new(0),
            routes: RefCell::new(Ready::new(shared.routes())),
            lines: shared.sink.clone().map(Lines::new),
            random: Cell::new(shared.draws(number)),
            shared,
            clusters: RefCell::default(),
            counts: RefCell::default(),
            ticks: Cell::new(0),
            gate_counts: RefCell::default(),
            now: Cell::new(Duration::ZERO),
        }
    }

    /// The routes in use. Who holds them goes on with them, whatever takes their place meanwhile.
    pub(crate) fn ready(&self) -> Rc<Ready> {
        let version = self.shared.version();
        if self.version.replace(version) != version {
            let before = self.routes.borrow().clone();
            let ready = self.follow(&before, self.shared.routes());
            self.routes.replace(ready);
        }
        self.routes.borrow().clone()
    }

    /// Takes over what stays of the ways to backends and of the rules.
    fn follow(&self, before: &Ready, routes: Arc<Routes>) -> Rc<Ready> {
        let is_elsewhere = !Arc::ptr_eq(&before.routes.endpoints, &routes.endpoints)
            || !Arc::ptr_eq(&before.routes.secured, &routes.secured);
        let mut gone: Vec<Rc<Cluster>> = Vec::new();
        // A backend that is named no more, or is reached in another way, has no connections to keep.
        self.clusters.borrow_mut().retain(|backend, known| {
            if is_elsewhere {
                reach::lead(&known.leads.cluster, &routes, backend);
            }
            let policy = routes.table.backend_policy(backend);
            let stays = routes.endpoints.contains_key(backend)
                && (Arc::ptr_eq(&known.policy, policy) || known.policy == *policy)
                && (!is_elsewhere || known.secured.as_ref() == routes.secured.get(backend));
            if !stays {
                gone.push(known.leads.cluster.clone());
            }
            stays
        });
        let is_gone = |leads: &Leads| gone.iter().any(|gone| Rc::ptr_eq(gone, &leads.cluster));
        before.followed_by(routes, &|rule| {
            gone.is_empty() || !rule.backends.iter().filter_map(|backend| backend.leads.as_ref()).any(is_gone)
        })
    }

    /// What was found, made ready.
    pub(crate) fn entry(&self, ready: &Ready, found: &Found<'_>) -> Rc<Entry> {
        if let Some(entry) = ready.entry(found) {
            return entry;
        }
        let rule = ready.rule(found, || self.compiled(ready, found.rule));
        let (counts, labels) = self.count(found);
        let entry = Rc::new(Entry { counts, labels, rule });
        ready.keep_entry(found, &entry);
        entry
    }

    fn compiled(&self, ready: &Ready, rule: &Arc<Rule>) -> Compiled {
        let guarding = ready.guarding(rule, self.shared.seed);
        Compiled::new(rule, guarding, &mut |id| self.leads(ready, id))
    }

    /// A rule for connections, made ready.
    pub(crate) fn named(&self, ready: &Ready, rule: &Arc<Rule>) -> Rc<Named> {
        ready.named(rule, || {
            let connections = &self.shared.counts.connections;
            let compiled = Rc::new(self.compiled(ready, rule));
            Named::new(compiled, |route, rule| connections.counts(route, rule))
        })
    }

    /// Writes a line about a connection, where the policy of its port wants one.
    pub(crate) fn log_connection(
        &self,
        introduction: &Introduction<'_>,
        passed: &Passed,
        named: Option<&Named>,
    ) {
        let Some(lines) = &self.lines else { return };
        let ready = self.routes.borrow();
        if ready.port(introduction.port).is_none_or(|port| self.is_logged(&port.policy.access_log)) {
            lines.add_connection(introduction, passed, named);
        }
    }

    pub(crate) fn leads(&self, ready: &Ready, backend: &BackendId) -> Leads {
        let mut clusters = self.clusters.borrow_mut();
        let make = || {
            let policy = ready.routes.table.backend_policy(backend).clone();
            let secured = ready.routes.secured.get(backend).cloned();
            let mut settings = reach::settings(&policy, secured.as_ref(), (&self.shared, self.draw()));
            let rooms = &self.shared.counts.rooms;
            settings.room = Some(rooms.of(backend, &policy.circuit_breaker, self.shared.threads));
            let cluster = Cluster::new(backend.to_string(), settings);
            reach::lead(&cluster, &ready.routes, backend);
            self.judge(&cluster);
            let gate = self.gate(backend, &policy);
            let copies = self.shared.counts.copies.counts(backend);
            Known { leads: Leads { cluster: Rc::new(cluster), gate, copies }, policy, secured }
        };
        clusters.entry(backend.clone()).or_insert_with(make).leads.clone()
    }

    fn gate(&self, backend: &BackendId, policy: &EffectiveBackendPolicy) -> Option<Rc<Gate>> {
        let mut all = self.gate_counts.borrow_mut();
        let made = || self.shared.counts.gates.counts(backend);
        let counts = all.entry(backend.clone()).or_insert_with(made);
        Gate::new(&policy.adaptive_concurrency, self.shared.threads, self.now.get(), counts)
    }

    /// Shows how the limits stand; those of backends that are no more do not count.
    fn show_gates(&self) {
        let clusters = self.clusters.borrow();
        for (backend, counts) in &*self.gate_counts.borrow() {
            match clusters.get(backend).and_then(|known| known.leads.gate.as_ref()) {
                Some(gate) => gate.show(),
                None => counts.show(0, 0),
            }
        }
    }

    /// Tells a cluster what checks have found.
    fn judge(&self, cluster: &Cluster) {
        let found = self.shared.verdicts.of(cluster.name());
        cluster.set_down(&|address| found.get(&address) == Some(&Health::Unhealthy));
    }

    /// Tells all clusters, if there is anything new.
    fn follow_checks(&self) {
        let version = self.shared.verdicts.version();
        if self.verdicts.replace(version) != version {
            self.clusters.borrow().values().for_each(|known| self.judge(&known.leads.cluster));
        }
    }

    /// Says which endpoints are left alone, if they are others by now.
    fn tell_alone(&self) {
        let mut alone = Endpoints::new();
        for Known { leads: Leads { cluster, .. }, .. } in self.clusters.borrow().values() {
            alone.extend(cluster.left_alone().into_iter().map(|address| (cluster.name().clone(), address)));
        }
        if *self.alone.borrow() != alone {
            self.alone.replace(alone.clone());
            self.shared.alone.tell(self.number, alone);
        }
    }

    fn count(&self, found: &Found<'_>) -> (Arc<Counts>, Labels) {
        let rule = found.rule.name.clone().unwrap_or_else(|| found.rule.number.to_string());
        let labels = Labels { route: found.rule.route.to_string(), rule, path: found.template.to_string() };
        let mut counts = self.counts.borrow_mut();
        let made = || self.shared.counts.counts(&labels);
        let found = counts.entry(labels.clone()).or_insert_with(made).clone();
        (found, labels)
    }

    /// A number below a bound, for shares; it is no secret.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        // The high half is the better one; the bias of the remainder is that of weights far below 2^32.
        self.random() % bound.max(1)
    }

    /// A number of 48 bits.
    pub(crate) fn random(&self) -> u64 {
        self.draw() >> 16
    }

    fn draw(&self) -> u64 {
        let mut state = self.random.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        state
    }

    fn is_logged(&self, log: &AccessLog) -> bool {
        let share = log.sampling_fraction;
        log.enabled
            && share.is_none_or(|share| self.below(u64::from(share.denominator)) < u64::from(share.numerator))
    }

    pub(crate) fn limits(&self) -> &limit::Table {
        &self.shared.limits
    }

    pub(crate) fn refuse(&self, reason: &'static str) {
        self.shared.counts.refuse(reason);
    }
}

fn place(mark: &Rc<dyn Any>) -> Option<&Place> {
    Mark::in_any(mark).and_then(|mark| mark.place.as_ref())
}

impl EdgeThread for ThreadEdge {
    fn decide(&self, request: &Request<'_>) -> Decision {
        self.now.set(request.came());
        decide::decide(self, request)
    }

    fn sent(&self, mark: &Rc<dyn Any>) {
        if let Some(place) = place(mark) {
            place.sent();
        }
    }

    fn answered(&self, answered: &Answered, mark: &Rc<dyn Any>) {
        if let Some(place) = place(mark) {
            place.answered(answered);
        }
    }

    fn finished(&self, request: &Request<'_>, outcome: &Outcome, mark: Option<&Rc<dyn Any>>) {
        if let Some(place) = mark.and_then(place) {
            place.finished(outcome, request.came() + outcome.duration);
        }
        let entry = mark.and_then(Mark::in_any).map(|mark| &*mark.entry);
        if let Some(entry) = entry {
            entry.counts.record(outcome);
        }
        let Some(lines) = &self.lines else { return };
        let ready = self.routes.borrow();
        let port = ready.port(request.port());
        if port.is_none_or(|port| self.is_logged(&port.policy.access_log)) {
            let nobody = CidrSet::default();
            let visitor = Visitor::new(request, port.map_or(&nobody, |port| &port.trusted));
            lines.add(request, outcome, (&visitor, entry));
        }
    }

    fn refused(&self, _peer: SocketAddr, answer: &Answer) {
        self.refuse(answer.reason());
    }

    fn is_by_name(&self, port: u16) -> bool {
        self.ready().routes.table.is_by_name(port)
    }

    fn admit(&self, introduction: &Introduction<'_>) -> Admission {
        named::admit(self, introduction)
    }

    fn passed(&self, introduction: &Introduction<'_>, passed: &Passed, mark: Option<&Rc<dyn Any>>) {
        named::passed(self, introduction, passed, mark);
    }

    fn tick(&self) {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(SWEEP) {
            self.clusters.borrow().values().for_each(|known| known.leads.cluster.sweep());
        }
        self.clusters.borrow().values().for_each(|known| known.leads.cluster.give_way());
        self.ready();
        self.follow_checks();
        self.tell_alone();
        self.show_gates();
        if let Some(lines) = &self.lines {
            lines.flush();
        }
    }
}
