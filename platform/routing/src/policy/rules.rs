//! What holds for rules.

use std::collections::BTreeSet;

use tradewind_gateway_api::DocumentError;
use tradewind_gateway_api::gateway::Listener;
use tradewind_gateway_api::policy::jwt::Provider;

use super::attach::{Attached, Source};
use super::merge;
use super::target::Targets;
use crate::attach::Ours;
use crate::effective::{EffectiveRoutePolicy, PolicyId};
use crate::rule::RouteId;

/// Policies, the most specific first, of one level in the order of precedence.
pub(crate) type Chain = Vec<usize>;

/// Policies of the listeners and gateways by which requests come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outer {
    listeners: BTreeSet<usize>,
    gateways: BTreeSet<usize>,
}

/// The policies of rules.
pub(crate) struct RulePolicies {
    pub(crate) attached: Attached,
}

impl RulePolicies {
    /// Takes the policies, and notes those whose keys cannot be used.
    pub(crate) fn new(targets: &Targets<'_>, errors: &mut Vec<DocumentError>) -> Self {
        let mut attached = Attached::new("RoutePolicy", targets);
        for index in 0..attached.policies.len() {
            let found = flaws(&attached, index);
            if let Some(first) = found.first() {
                attached.note_invalid(index, &first.reason);
            }
            errors.extend(found);
        }
        Self { attached }
    }

    /// Those about a listener and about its gateway.
    pub(crate) fn outer(&self, ours: &Ours<'_>, listener: &Listener) -> Outer {
        let about = |section: Option<&str>| {
            let place = self.attached.about("Gateway", ours.namespace, ours.name, section);
            place.map(|place| place.policy).into_iter().collect()
        };
        Outer { listeners: about(Some(&listener.name)), gateways: about(None) }
    }

    /// All that are about a rule of a route, where requests come in by these listeners.
    pub(crate) fn chain(&self, route: &RouteId, rule: Option<&str>, outer: &Outer) -> Chain {
        let about = |section: Option<&str>| {
            self.attached.about(route.kind, &route.namespace, &route.name, section).map(|place| place.policy)
        };
        let own = rule.and_then(|name| about(Some(name))).into_iter().chain(about(None));
        let mut chain: Chain = Vec::new();
        for index in own.chain(outer.listeners.iter().copied()).chain(outer.gateways.iter().copied()) {
            if !chain.contains(&index) {
                chain.push(index);
            }
        }
        chain
    }

    /// The names of the policies of a chain.
    pub(crate) fn names(&self, chain: &Chain) -> Vec<PolicyId> {
        let sources = chain.iter().filter_map(|index| self.attached.policies.get(*index));
        sources.map(|source| source.id.clone()).collect()
    }

    /// What comes of a chain.
    pub(crate) fn effective(&self, chain: &Chain) -> EffectiveRoutePolicy {
        let sources = chain.iter().filter_map(|index| self.attached.policies.get(*index));
        let mut made = merge::route(&sources.clone().filter_map(Source::route).collect::<Vec<_>>());
        made.broken = merge::refused(sources).or(made.broken);
        made
    }
}

/// Keys that no definition can look into.
fn flaws(attached: &Attached, index: usize) -> Vec<DocumentError> {
    let Some(source) = attached.policies.get(index) else { return Vec::new() };
    let (Some(document), Some((_, policy))) = (source.policy.document(), source.route()) else {
        return Vec::new();
    };
    let providers = policy.jwt.iter().flat_map(|jwt| jwt.providers.iter().enumerate());
    let flaw = |(index, provider): (usize, &Provider)| {
        let flaw = provider.jwks.flaw()?;
        Some(document.error(&format!("spec.jwt.providers[{index}].jwks.inline"), &flaw))
    };
    providers.filter_map(flaw).collect()
}
