//! `GatewayClass`.

use std::iter;

use serde_json::Value;
use tradewind_kubernetes::Object;
use tradewind_routing::Condition;

use super::conditions::{Saying, condition};
use super::{Scene, Status};
use crate::cluster::kinds::CONTROLLER;

impl Scene<'_> {
    /// Whether the class is accepted; of classes of others, and of another replica's, nothing is said.
    pub(super) fn of_class(&self, object: &Object, status: &mut Status) {
        let spec = &object.value()["spec"];
        if object.name() != self.class.name || spec["controllerName"] != CONTROLLER {
            return;
        }
        let accepted = match spec.get("parametersRef") {
            None => condition("Accepted", true, "Accepted", "its gateways are served"),
            Some(reference) => {
                let (kind, name) = (text(reference, "kind"), text(reference, "name"));
                let message = format!(
                    "spec.parametersRef names {kind} {name}, and there are no parameters that this controller takes: \
                     remove spec.parametersRef from the class, and set what you want by options of the gateway's program \
                     or by policies of policy.tradewind.dev"
                );
                condition("Accepted", false, "InvalidParameters", message)
            }
        };
        let saying = Saying { generation: object.generation(), now: self.now };
        let version = self.versions.condition();
        if version.is_none() && self.versions.are_unknown() {
            unsay(status, "SupportedVersion");
        }
        let ours: Vec<Condition> = iter::once(accepted).chain(version).collect();
        let conditions = saying.among(status.get("conditions"), &ours);
        status.insert("conditions".to_owned(), conditions);
    }
}

/// Takes a condition back.
fn unsay(status: &mut Status, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| condition["type"] != kind);
    }
}

fn text<'value>(value: &'value Value, name: &str) -> &'value str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
