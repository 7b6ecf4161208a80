//! The routes in use, and what of them is ready.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tradewind_routing::{Found, RouteId, Rule};

use crate::edge::Routes;
use crate::edge::guarded::Port;
use crate::edge::guarding::Guarding;
use crate::edge::rule::{Compiled, Entry, Named};

/// The routes in use, and what of them is ready. Rules are made ready when they are first asked for, and stay so for as
/// long as they are in use.
pub(crate) struct Ready {
    pub(crate) routes: Arc<Routes>,
    rules: RefCell<BTreeMap<usize, Rc<Compiled>>>,
    entries: RefCell<Vec<Option<Rc<Entry>>>>,
    /// Rules of connections, which are others in each table.
    named: RefCell<BTreeMap<usize, Rc<Named>>>,
    guarding: RefCell<BTreeMap<RouteId, Vec<Rc<Guarding>>>>,
    ports: BTreeMap<u16, Port>,
}

impl Ready {
    pub(crate) fn new(routes: Arc<Routes>) -> Rc<Self> {
        Rc::new(Self::with(routes, Vec::new(), BTreeMap::new()))
    }

    fn with(
        routes: Arc<Routes>,
        mut entries: Vec<Option<Rc<Entry>>>,
        guarding: BTreeMap<RouteId, Vec<Rc<Guarding>>>,
    ) -> Self {
        entries.resize(routes.table.entries(), None);
        let rules =
            entries.iter().flatten().map(|entry| (entry.rule.rule.index, entry.rule.clone())).collect();
        let port = |port: u16| (port, Port::of(&routes.table, port));
        Self {
            rules: RefCell::new(rules),
            entries: RefCell::new(entries),
            named: RefCell::default(),
            guarding: RefCell::new(guarding),
            ports: routes.table.ports().map(port).collect(),
            routes,
        }
    }

    /// Other routes, with what was made ready of those that are the same. `is_good` says of a rule whether the ways to
    /// its backends are.
    pub(crate) fn followed_by(&self, routes: Arc<Routes>, is_good: &dyn Fn(&Compiled) -> bool) -> Rc<Self> {
        let has_same_keys = routes.keys.are(&self.routes.keys);
        let holds = |guarding: &Guarding| has_same_keys || guarding.policy.jwt.is_none();
        let mut guarding = self.guarding.take();
        for of_route in guarding.values_mut() {
            // What no rule has had since the last change is nobody's. What a rule has that changes now may be the next
            // one's.
            of_route.retain(|guarding| Rc::strong_count(guarding) > 1 && holds(guarding));
        }
        guarding.retain(|_, of_route| !of_route.is_empty());
        let mut entries = self.entries.take();
        for (number, entry) in entries.iter_mut().enumerate() {
            let is_same = |entry: &Rc<Entry>| {
                let rule = routes.table.rule_of(number);
                rule.is_some_and(|rule| Arc::ptr_eq(rule, &entry.rule.rule))
                    && holds(&entry.rule.guarding)
                    && is_good(&entry.rule)
            };
            if entry.as_ref().is_some_and(|entry| !is_same(entry)) {
                *entry = None;
            }
        }
        Rc::new(Self::with(routes, entries, guarding))
    }

    pub(crate) fn port(&self, port: u16) -> Option<&Port> {
        self.ports.get(&port)
    }

    /// What was made ready of a match.
    pub(crate) fn entry(&self, found: &Found<'_>) -> Option<Rc<Entry>> {
        self.entries.borrow().get(found.entry).cloned().flatten()
    }

    pub(crate) fn keep_entry(&self, found: &Found<'_>, entry: &Rc<Entry>) {
        if let Some(place) = self.entries.borrow_mut().get_mut(found.entry) {
            *place = Some(entry.clone());
        }
    }

    /// The rule of a match, made ready if it is not.
    pub(crate) fn rule(&self, found: &Found<'_>, make: impl FnOnce() -> Compiled) -> Rc<Compiled> {
        if let Some(rule) = self.rules.borrow().get(&found.rule.index) {
            return rule.clone();
        }
        let made = Rc::new(make());
        self.rules.borrow_mut().insert(found.rule.index, made.clone());
        made
    }

    /// A rule of connections, made ready if it is not.
    pub(crate) fn named(&self, rule: &Rule, make: impl FnOnce() -> Rc<Named>) -> Rc<Named> {
        if let Some(named) = self.named.borrow().get(&rule.index) {
            return named.clone();
        }
        let made = make();
        self.named.borrow_mut().insert(rule.index, made.clone());
        made
    }

    /// The policy of a rule, made ready; rules of one policy share it, so that what it remembers is remembered once.
    pub(crate) fn guarding(&self, rule: &Rule, seed: u64) -> Rc<Guarding> {
        let (policy, route) = (&rule.policy, &rule.route);
        let mut all = self.guarding.borrow_mut();
        let of_route = all.entry(route.clone()).or_default();
        if let Some(known) = of_route.iter().find(|known| Arc::ptr_eq(&known.policy, policy)) {
            return known.clone();
        }
        let made = Rc::new(Guarding::new(policy, route, &self.routes.keys, seed));
        of_route.push(made.clone());
        made
    }
}
