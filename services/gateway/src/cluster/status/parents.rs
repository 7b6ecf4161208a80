//! Routes: what came of each at its parents.

use serde_json::Value;
use tradewind_kubernetes::Object;
use tradewind_routing::ParentStatus;

use super::conditions::{Saying, condition};
use super::entries::{Entry, List, parent};
use super::{Scene, Status};
use crate::cluster::read::called;
use crate::cluster::view::Name;

const PARENTS: List = List { field: "parentRef", most: 32 };

impl Scene<'_> {
    /// What came of a route at gateways of ours. What we said of gateways that are no parents any more is taken back.
    pub(super) fn of_route(&self, name: &Name, object: &Object, status: &mut Status) {
        let entry = |status: &ParentStatus| Entry {
            reference: parent(&status.parent),
            conditions: status.conditions.clone(),
        };
        let ours: Vec<Entry> = match self.judged.route(name) {
            Some(judged) if judged.generation == object.generation() => {
                judged.parents.iter().map(entry).collect()
            }
            Some(_) => return,
            None => self.refused(name.0, object),
        };
        let known = status.get("parents");
        if ours.is_empty() && known.is_none() {
            return;
        }
        let saying = Saying { generation: object.generation(), now: self.now };
        let parents = PARENTS.with(known, &ours, saying, |parent| self.is_ours_to_say(object, parent));
        status.insert("parents".to_owned(), parents);
    }

    /// Of a route that cannot be used, that it cannot, at each gateway of ours that it names.
    fn refused(&self, kind: &str, object: &Object) -> Vec<Entry> {
        let Some(mistake) = self.judged.mistake(&called(kind, object)) else { return Vec::new() };
        let named = object.value()["spec"]["parentRefs"].as_array().into_iter().flatten();
        let is_ours = |parent: &&Value| {
            let (namespace, name) = gateway_of(object, parent);
            self.judged.gateway(namespace, name).is_some()
        };
        let entry = |parent: &Value| Entry {
            reference: parent.clone(),
            conditions: vec![
                condition("Accepted", false, "UnsupportedValue", mistake),
                condition("ResolvedRefs", true, "ResolvedRefs", "references were not followed"),
            ],
        };
        named.filter(is_ours).map(entry).collect()
    }

    /// Whether it is for us to say nothing of a parent: a gateway of ours, or one that is gone. Gateways of another class
    /// may be those of a replica with our name, and others may not be looked at.
    pub(super) fn is_ours_to_say(&self, object: &Object, parent: &Value) -> bool {
        let (namespace, name) = gateway_of(object, parent);
        let is_looked_at =
            self.class.namespaces.is_empty() || self.class.namespaces.iter().any(|one| one == namespace);
        match self.view.get("Gateway", namespace, name) {
            Some(gateway) => gateway.value()["spec"]["gatewayClassName"] == self.class.name.as_str(),
            None => is_looked_at,
        }
    }
}

/// The namespace and the name of a parent.
fn gateway_of<'value>(object: &'value Object, parent: &'value Value) -> (&'value str, &'value str) {
    let namespace = parent.get("namespace").and_then(Value::as_str).unwrap_or(object.namespace());
    (namespace, parent.get("name").and_then(Value::as_str).unwrap_or_default())
}
