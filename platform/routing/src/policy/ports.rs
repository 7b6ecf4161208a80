//! What holds for ports.
//!
//! A connection is taken before anybody knows which host it is for, so listeners of one port share what holds for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tradewind_gateway_api::reference::LocalRef;

use super::attach::{Attached, Place, Source};
use super::merge;
use super::target::Targets;
use crate::effective::EffectiveListenerPolicy;
use crate::status::Condition;

/// What holds for each port, where it is not what holds anyway. Notes which policies are in effect on no port, or not
/// on each of theirs, and certificates that are not there.
pub(crate) fn listeners(
    attached: &mut Attached,
    targets: &Targets<'_>,
) -> BTreeMap<u16, Arc<EffectiveListenerPolicy>> {
    let mut all = BTreeMap::new();
    let mut lost: BTreeMap<Place, Lost> = BTreeMap::new();
    for (port, levels) in levels(attached, targets) {
        let mut chain = Vec::new();
        for mut level in levels {
            level.sort_by_key(|place| place.policy);
            level.dedup_by_key(|place| place.policy);
            for place in &level {
                let lost = lost.entry(*place).or_default();
                match level.first().filter(|first| first.policy != place.policy) {
                    Some(first) => lost.to.push((port, first.policy)),
                    None => lost.has_won = true,
                }
            }
            chain.extend(level.first().map(|place| place.policy));
        }
        if !chain.is_empty() {
            all.insert(port, Arc::new(effective(attached, &chain)));
        }
    }
    lost.into_iter().for_each(|(place, lost)| lost.note(place, attached));
    certificates(attached, targets);
    all
}

/// Of each port the policies about its listeners, and those about their gateways.
fn levels(attached: &Attached, targets: &Targets<'_>) -> BTreeMap<u16, [Vec<Place>; 2]> {
    let mut found: BTreeMap<u16, [Vec<Place>; 2]> = BTreeMap::new();
    for ours in targets.ours {
        for listener in &ours.gateway.listeners {
            let [own, outer] = found.entry(listener.port).or_default();
            own.extend(attached.about("Gateway", ours.namespace, ours.name, Some(&listener.name)));
            outer.extend(attached.about("Gateway", ours.namespace, ours.name, None));
        }
    }
    found
}

fn effective(attached: &Attached, chain: &[usize]) -> EffectiveListenerPolicy {
    let sources = chain.iter().filter_map(|index| attached.policies.get(*index));
    let mut made = merge::listener(&sources.clone().filter_map(Source::listener).collect::<Vec<_>>());
    made.broken = merge::refused(sources);
    made
}

/// The ports that a policy is not in effect on, and which policy is there instead.
#[derive(Default)]
struct Lost {
    has_won: bool,
    to: Vec<(u16, usize)>,
}

impl Lost {
    fn note(self, place: Place, attached: &mut Attached) {
        let Some((_, first)) = self.to.first() else { return };
        let Some(first) = attached.policies.get(*first).map(|source| &source.id) else { return };
        let ports: Vec<String> = self.to.iter().map(|(port, _)| port.to_string()).collect();
        let reason = format!("{first} is about another listener of the same port, and goes first");
        let condition = if self.has_won {
            let message = format!("the policy is in effect, but not on port {}: {reason}", ports.join(", "));
            Condition::new("Accepted", true, "Accepted", message)
        } else {
            Condition::new("Accepted", false, "Conflicted", reason)
        };
        if let Some(conditions) = attached.conditions(place) {
            *conditions = vec![condition];
        }
    }
}

/// Notes at each policy that names certificates whether they are there.
fn certificates(attached: &mut Attached, targets: &Targets<'_>) {
    for (source, status) in attached.policies.iter().zip(&mut attached.statuses) {
        let Some((id, policy)) = source.listener() else { continue };
        let Some(certificate) = &policy.client_certificate else { continue };
        let is_missing = |reference: &&LocalRef| match reference.kind.as_str() {
            "ConfigMap" => targets.documents.get("ConfigMap", &id.namespace, &reference.name).is_none(),
            _ => targets.documents.get("Secret", &id.namespace, &reference.name).is_none(),
        };
        let missing: BTreeSet<&LocalRef> =
            certificate.ca_certificate_refs.iter().filter(is_missing).collect();
        let resolved = match missing.first() {
            None => Condition::new("ResolvedRefs", true, "ResolvedRefs", "all references lead somewhere"),
            Some(LocalRef { kind, name, .. }) => {
                let message = format!("there is no {kind} {name} in {}", id.namespace);
                Condition::new("ResolvedRefs", false, "InvalidCACertificateRef", message)
            }
        };
        for ancestor in &mut status.ancestors {
            ancestor.conditions.push(resolved.clone());
        }
    }
}
