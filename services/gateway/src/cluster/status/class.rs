//! `GatewayClass`.

use serde_json::Value;
use tradewind_kubernetes::Object;

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
                    "spec.parametersRef: {kind} {name} says nothing to this controller; leave it out"
                );
                condition("Accepted", false, "InvalidParameters", message)
            }
        };
        let saying = Saying { generation: object.generation(), now: self.now };
        let conditions = saying.among(status.get("conditions"), &[accepted]);
        status.insert("conditions".to_owned(), conditions);
    }
}

fn text<'value>(value: &'value Value, name: &str) -> &'value str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
