//! `Gateway`.

use std::net::IpAddr;

use serde_json::{Value, json};
use tradewind_kubernetes::Object;
use tradewind_routing::{Condition, ListenerStatus};

use super::conditions::{Saying, condition};
use super::{Scene, Status};

const GROUP: &str = "gateway.networking.k8s.io";

impl Scene<'_> {
    /// What came of a gateway and its listeners, and where it is.
    pub(super) fn of_gateway(&self, object: &Object, status: &mut Status) {
        let Some(judged) = self.judged.gateway(object.namespace(), object.name()) else { return };
        if judged.generation != object.generation() {
            return;
        }
        let saying = Saying { generation: judged.generation, now: self.now };
        let addresses = self.addresses();
        let conditions = self.programmed(&judged.conditions, &addresses);
        status.insert("addresses".to_owned(), addresses.iter().map(|address| shown(address)).collect());
        let conditions = saying.among(status.get("conditions"), &conditions);
        status.insert("conditions".to_owned(), conditions);
        let known = status.get("listeners").and_then(Value::as_array).cloned().unwrap_or_default();
        let listener = |listener: &ListenerStatus| {
            let before = known.iter().find(|one| one["name"] == listener.name.as_str());
            shown_listener(listener, before, saying)
        };
        let listeners = judged.listeners.iter().map(listener).collect();
        status.insert("listeners".to_owned(), listeners);
    }

    /// A gateway that nobody can reach yet is not programmed, as the specification has it.
    fn programmed(&self, conditions: &[Condition], addresses: &[String]) -> Vec<Condition> {
        let mut conditions = conditions.to_vec();
        let Some((namespace, name)) = &self.class.service else { return conditions };
        let programmed = conditions.iter_mut().find(|one| one.kind == "Programmed" && one.holds);
        if let Some(programmed) = programmed.filter(|_| addresses.is_empty()) {
            let message = format!("the Service {namespace}/{name} has no address yet");
            *programmed = condition("Programmed", false, "AddressNotAssigned", message);
        }
        conditions
    }

    /// Those that the command line names, else those of the service: of its balancer, or within the cluster.
    fn addresses(&self) -> Vec<String> {
        if !self.class.addresses.is_empty() {
            return self.class.addresses.clone();
        }
        let Some((namespace, name)) = &self.class.service else { return Vec::new() };
        let Some(service) = self.view.get("Service", namespace, name) else { return Vec::new() };
        let (spec, status) = (&service.value()["spec"], &service.value()["status"]);
        if spec["type"] == "LoadBalancer" {
            let given = status["loadBalancer"]["ingress"].as_array().into_iter().flatten();
            let address =
                |one: &Value| one["ip"].as_str().or_else(|| one["hostname"].as_str()).map(str::to_owned);
            return given.filter_map(address).collect();
        }
        let within = spec["clusterIPs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        within.filter(|address| address.parse::<IpAddr>().is_ok()).map(str::to_owned).collect()
    }
}

fn shown(address: &str) -> Value {
    let kind = if address.parse::<IpAddr>().is_ok() { "IPAddress" } else { "Hostname" };
    json!({"type": kind, "value": address})
}

fn shown_listener(listener: &ListenerStatus, before: Option<&Value>, saying: Saying<'_>) -> Value {
    let kinds: Vec<Value> =
        listener.supported_kinds.iter().map(|kind| json!({"group": GROUP, "kind": kind})).collect();
    json!({
        "name": listener.name,
        "supportedKinds": kinds,
        "attachedRoutes": listener.attached_routes,
        "conditions": saying.alone(before.map(|one| &one["conditions"]), &listener.conditions),
    })
}
