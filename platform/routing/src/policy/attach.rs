//! Which policies are about what, and what came of each.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_gateway_api::Body;
use tradewind_gateway_api::policy::{BackendPolicy, ListenerPolicy, RoutePolicy};
use tradewind_gateway_api::reference::TargetRef;

use super::target::{Led, Targets};
use crate::documents::Policy;
use crate::effective::PolicyId;
use crate::status::{AncestorStatus, Condition, PolicyStatus};

/// A target: kind, namespace, name and section.
pub(crate) type Key = (String, String, String, Option<String>);

/// The policies of one kind, and what they are about.
pub(crate) struct Attached {
    /// In the order of precedence.
    pub(super) policies: Vec<Source>,
    pub(super) by_target: BTreeMap<Key, Place>,
    pub(crate) statuses: Vec<PolicyStatus>,
}

/// A policy.
pub(super) struct Source {
    pub(super) id: PolicyId,
    pub(super) policy: Policy,
}

impl Source {
    pub(super) fn route(&self) -> Option<(&PolicyId, &RoutePolicy)> {
        match &self.policy.document()?.body {
            Body::RoutePolicy(policy) => Some((&self.id, policy)),
            _ => None,
        }
    }

    pub(super) fn backend(&self) -> Option<(&PolicyId, &BackendPolicy)> {
        match &self.policy.document()?.body {
            Body::BackendPolicy(policy) => Some((&self.id, policy)),
            _ => None,
        }
    }

    pub(super) fn listener(&self) -> Option<(&PolicyId, &ListenerPolicy)> {
        match &self.policy.document()?.body {
            Body::ListenerPolicy(policy) => Some((&self.id, policy)),
            _ => None,
        }
    }
}

/// Where a reference that goes first stands: which policy, and which of its statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) policy: usize,
    pub(super) ancestor: usize,
}

/// Which policy goes first at each target.
#[derive(Debug, Default)]
pub(crate) struct AtTargets(BTreeMap<Key, Policy>);

impl AtTargets {
    /// The targets at which it is not the same policy, read once, as with others.
    pub(crate) fn other_than<'targets>(&'targets self, others: &'targets Self) -> BTreeSet<&'targets Key> {
        let differs = |key: &&'targets Key| match (self.0.get(*key), others.0.get(*key)) {
            (Some(one), Some(other)) => !one.is(other),
            _ => true,
        };
        self.0.keys().chain(others.0.keys()).filter(differs).collect()
    }
}

impl Attached {
    /// Takes the policies of a kind.
    pub(crate) fn new(kind: &'static str, targets: &Targets<'_>) -> Self {
        let mut attached = Self { policies: Vec::new(), by_target: BTreeMap::new(), statuses: Vec::new() };
        for policy in targets.documents.policies(kind) {
            let metadata = policy.metadata();
            let id = PolicyId { kind, namespace: metadata.namespace.clone(), name: metadata.name.clone() };
            let generation = metadata.generation;
            attached.policies.push(Source { id: id.clone(), policy: policy.clone() });
            attached.statuses.push(PolicyStatus { policy: id, generation, ancestors: Vec::new() });
            for target in target_refs(&policy) {
                attached.attach(&policy.metadata().namespace, target, targets);
            }
        }
        attached.note_refused();
        attached
    }

    /// Attaches the last policy to one of its targets.
    fn attach(&mut self, namespace: &str, target: &TargetRef, targets: &Targets<'_>) {
        let policy = self.policies.len() - 1;
        let condition = match targets.lead(namespace, target) {
            Led::Other => return,
            Led::Nowhere(reason) => Condition::new("Accepted", false, "TargetNotFound", reason),
            Led::Ours => match self.first(key(namespace, target), policy) {
                None => Condition::new("Accepted", true, "Accepted", "the policy is in effect"),
                Some(first) => {
                    let message = format!("{first} is about the same, and goes first");
                    Condition::new("Accepted", false, "Conflicted", message)
                }
            },
        };
        if let Some(status) = self.statuses.get_mut(policy) {
            let ancestor = target.clone();
            status.ancestors.push(AncestorStatus { ancestor, conditions: vec![condition] });
        }
    }

    fn note_refused(&mut self) {
        let refused = |(index, source): (usize, &Source)| source.policy.document().is_none().then_some(index);
        let refused: Vec<usize> = self.policies.iter().enumerate().filter_map(refused).collect();
        for index in refused {
            self.note_invalid(index, "the policy could not be read");
        }
    }

    /// Notes that a policy cannot be followed, where it would be in effect.
    pub(super) fn note_invalid(&mut self, policy: usize, reason: &str) {
        let ancestors = self.statuses.get_mut(policy).into_iter().flat_map(|status| &mut status.ancestors);
        for condition in ancestors.flat_map(|ancestor| &mut ancestor.conditions) {
            if condition.holds {
                *condition = Condition::new("Accepted", false, "Invalid", reason);
            }
        }
    }

    /// Puts a policy in the place of a target; the one that stands there already, if there is one.
    fn first(&mut self, key: Key, policy: usize) -> Option<&PolicyId> {
        if let Some(place) = self.by_target.get(&key) {
            return self.policies.get(place.policy).map(|source| &source.id);
        }
        let ancestor = self.statuses.get(policy).map_or(0, |status| status.ancestors.len());
        self.by_target.insert(key, Place { policy, ancestor });
        None
    }

    /// The policy that is about this, if there is one.
    pub(super) fn about(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        section: Option<&str>,
    ) -> Option<Place> {
        if self.by_target.is_empty() {
            return None;
        }
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned(), section.map(str::to_owned));
        self.by_target.get(&key).copied()
    }

    /// Which policy goes first at each target.
    pub(crate) fn at_targets(&self) -> AtTargets {
        let at = |(key, place): (&Key, &Place)| {
            Some((key.clone(), self.policies.get(place.policy)?.policy.clone()))
        };
        AtTargets(self.by_target.iter().filter_map(at).collect())
    }

    /// The conditions at one target of a policy.
    pub(super) fn conditions(&mut self, place: Place) -> Option<&mut Vec<Condition>> {
        let status = self.statuses.get_mut(place.policy)?;
        status.ancestors.get_mut(place.ancestor).map(|ancestor| &mut ancestor.conditions)
    }

    /// The statuses of those of which something is to be said.
    pub(crate) fn into_statuses(self) -> impl Iterator<Item = PolicyStatus> {
        self.statuses.into_iter().filter(|status| !status.ancestors.is_empty())
    }
}

fn key(namespace: &str, target: &TargetRef) -> Key {
    (target.kind.clone(), namespace.to_owned(), target.name.clone(), target.section_name.clone())
}

fn target_refs(policy: &Policy) -> &[TargetRef] {
    let document = match policy {
        Policy::Read(document) => document,
        Policy::Refused(policy) => return &policy.target_refs,
    };
    match &document.body {
        Body::RoutePolicy(policy) => &policy.target_refs,
        Body::BackendPolicy(policy) => &policy.target_refs,
        Body::ListenerPolicy(policy) => &policy.target_refs,
        _ => &[],
    }
}
