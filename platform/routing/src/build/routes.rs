//! The routes that are in the table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tradewind_gateway_api::{Document, DocumentError};

use super::conflicts::ListenerId;
use super::hosts::{Hosts, Place};
use super::numbers::Numbers;
use super::order::Order;
use super::policies::{Names, Policies};
use super::route::{Around, Laid, Read};
use super::services::Services;
use crate::index::Entry;
use crate::pace::Pace;
use crate::refer::Leaned;
use crate::rule::Rule;
use crate::status::RouteStatus;
use crate::table::services;

/// The routes that are in the table, and what is counted over all of them.
#[derive(Debug, Default)]
pub(super) struct Routes {
    kept: BTreeMap<Arc<Order>, Kept>,
    /// Those with a mistake.
    wrong: BTreeSet<Arc<Order>>,
    pub(super) hosts: Hosts,
    pub(super) services: Services,
    pub(super) policies: Policies,
    /// How many routes attached.
    pub(super) attached: BTreeMap<ListenerId, usize>,
    /// Matches by number.
    pub(super) entries: Vec<Option<Arc<Entry>>>,
    rule_numbers: Numbers,
    entry_numbers: Numbers,
}

/// A route as it was read. It can stay as long as nothing is other than it was read with.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) document: Arc<Document>,
    errors: Vec<DocumentError>,
    status: Option<Arc<RouteStatus>>,
    pub(super) leaned: Leaned,
    pub(super) listeners: Vec<ListenerId>,
    rules: Vec<Arc<Rule>>,
    policies: Vec<Names>,
    entries: Vec<usize>,
    places: BTreeSet<Place>,
}

impl Routes {
    /// All of them in the order of precedence.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<Order>, &Kept)> {
        self.kept.iter()
    }

    /// What is wrong with some of them.
    pub(super) fn errors(&self) -> impl Iterator<Item = &DocumentError> {
        self.wrong.iter().filter_map(|order| self.kept.get(order)).flat_map(|kept| &kept.errors)
    }

    /// What came of them, and their rules.
    pub(super) fn all(&self, pace: &mut Pace) -> (Vec<Arc<RouteStatus>>, Vec<Arc<Rule>>) {
        let (mut statuses, mut rules) =
            (Vec::with_capacity(self.kept.len()), Vec::with_capacity(self.kept.len()));
        for kept in self.kept.values() {
            statuses.extend(kept.status.clone());
            rules.extend_from_slice(&kept.rules);
            pace.step();
        }
        (statuses, rules)
    }

    /// The numbers of their rules are below this one.
    pub(super) fn rule_numbers(&self) -> usize {
        self.rule_numbers.end()
    }

    /// Adds a route that is not there.
    pub(super) fn add(&mut self, document: Arc<Document>, around: &Around<'_>) {
        let Read { errors, status, leaned, listeners, rules } = around.read(&document);
        leaned.services.iter().for_each(|id| self.services.name(id, around.known));
        for listener in &listeners {
            *self.attached.entry(listener.clone()).or_default() += 1;
        }
        let order = Arc::new(Order::of(&document));
        let mut kept = Kept {
            document,
            errors,
            status: status.map(Arc::new),
            leaned,
            listeners,
            rules: Vec::new(),
            policies: Vec::new(),
            entries: Vec::new(),
            places: BTreeSet::new(),
        };
        rules.into_iter().for_each(|laid| self.lay(laid, &order, around, &mut kept));
        if !kept.errors.is_empty() {
            self.wrong.insert(order.clone());
        }
        self.kept.insert(order, kept);
    }

    fn lay(&mut self, laid: Laid, order: &Arc<Order>, around: &Around<'_>, kept: &mut Kept) {
        let (names, policy) = self.policies.take(&laid.chain, around.policies);
        let index = self.rule_numbers.take();
        let rule = Arc::new(Rule { index, policy, ..laid.rule });
        services(&rule).for_each(|id| self.services.lead_to(id));
        for found in laid.matches {
            let number = self.entry_numbers.take();
            let (template, path) = (found.template.as_str().into(), found.path);
            let conditions = found.conditions;
            let entry = Arc::new(Entry { number, rule: rule.clone(), template, path, conditions });
            for place in &laid.places {
                self.hosts.add(place, order, entry.clone());
            }
            if number >= self.entries.len() {
                self.entries.resize(number + 1, None);
            }
            if let Some(free) = self.entries.get_mut(number) {
                *free = Some(entry);
            }
            kept.entries.push(number);
        }
        kept.places.extend(laid.places);
        kept.policies.push(names);
        kept.rules.push(rule);
    }

    /// Takes a route away, if it is there; its document.
    pub(super) fn remove(&mut self, order: &Order) -> Option<Arc<Document>> {
        let kept = self.kept.remove(order)?;
        self.wrong.remove(order);
        kept.leaned.services.iter().for_each(|id| self.services.name_no_more(id));
        for listener in &kept.listeners {
            if let Some(count) = self.attached.get_mut(listener) {
                *count -= 1;
            }
        }
        for rule in &kept.rules {
            services(rule).for_each(|id| self.services.lead_to_no_more(id));
            self.rule_numbers.give_back(rule.index);
        }
        kept.policies.iter().for_each(|names| self.policies.give_back(names));
        kept.places.iter().for_each(|place| self.hosts.remove(place, order));
        for number in kept.entries {
            if let Some(taken) = self.entries.get_mut(number) {
                *taken = None;
            }
            self.entry_numbers.give_back(number);
        }
        Some(kept.document)
    }
}
