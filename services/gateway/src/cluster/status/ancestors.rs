//! Policies of our own group: what came of each at its targets.

use serde_json::Value;
use tradewind_kubernetes::Object;
use tradewind_routing::AncestorStatus;

use super::conditions::Saying;
use super::entries::{Entry, List, target};
use super::{Scene, Status};
use crate::cluster::view::Name;

/// As in the Gateway API.
pub(super) const ANCESTORS: List = List { field: "ancestorRef", most: 16 };

impl Scene<'_> {
    /// What came of a policy. What we said of targets that it has no more is taken back; of the others a replica with
    /// another class may say something, too.
    pub(super) fn of_policy(&self, name: &Name, object: &Object, status: &mut Status) {
        let entry = |status: &AncestorStatus| Entry {
            reference: target(&status.ancestor),
            conditions: status.conditions.clone(),
        };
        let Some(judged) = self.judged.policy(name) else { return };
        let ours: Vec<Entry> = judged.ancestors.iter().map(entry).collect();
        let targets = object.value()["spec"]["targetRefs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_target = |reference: &Value| targets.iter().any(|target| is_same(target, reference));
        self.set_ancestors(object, status, &ours, |reference| !is_target(reference));
    }

    pub(super) fn set_ancestors(
        &self,
        object: &Object,
        status: &mut Status,
        ours: &[Entry],
        is_ours: impl Fn(&Value) -> bool,
    ) {
        let known = status.get("ancestors");
        if ours.is_empty() && known.is_none() {
            return;
        }
        let saying = Saying { generation: object.generation(), now: self.now };
        let ancestors = ANCESTORS.with(known, ours, saying, is_ours);
        status.insert("ancestors".to_owned(), ancestors);
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    ["kind", "name", "sectionName"].iter().all(|field| one[field] == other[field])
}
