//! Where the processes behind a service are, as its EndpointSlices say.

mod read;
mod zone;

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::{Object, Snapshot};

use read::Slice;
pub use zone::Place;

/// The label of a slice that names its service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// A process behind a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Which pod it is; a later one at the same address is another.
    pub instance: Option<String>,
    /// Whether it is about to end, and still answers.
    pub is_leaving: bool,
    /// The zone it is in, where that is known.
    pub zone: Option<String>,
    /// The node it is on, where that is known.
    pub node: Option<String>,
    /// The zones whose callers are meant to call it; empty where nobody says so.
    pub for_zones: Vec<String>,
}

/// The endpoints of a service in a snapshot of EndpointSlices, at a port given by its name, or by its number at the
/// endpoint; each once, by address. Those that are not ready are left out, unless they are ending and still answer.
///
/// A slice that cannot be read counts as one without endpoints.
#[must_use]
pub fn endpoints(slices: &Snapshot, namespace: &str, service: &str, port: &str) -> Vec<Endpoint> {
    let is_meant =
        |slice: &Object| slice.namespace() == namespace && slice.label(SERVICE_NAME) == Some(service);
    let mut found: BTreeMap<(IpAddr, u16), Endpoint> = BTreeMap::new();
    for slice in slices.objects().filter(|slice| is_meant(slice)) {
        for endpoint in Slice::read(slice.value()).map(|slice| slice.endpoints(port)).unwrap_or_default() {
            // While a pod moves from one slice to another it may be in both; one says more recently what it is.
            let kept = found.entry((endpoint.address, endpoint.port)).or_insert_with(|| endpoint.clone());
            if kept.is_leaving && !endpoint.is_leaving {
                *kept = endpoint;
            }
        }
    }
    found.into_values().collect()
}

/// The zone of a node, as far as any endpoint of any service on it tells.
#[must_use]
pub fn zone_of_node(slices: &Snapshot, node: &str) -> Option<String> {
    slices.objects().find_map(|slice| Slice::read(slice.value())?.zone_of(node))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn slice(name: &str, family: &str, endpoints: &Value) -> Object {
        let labels = json!({"kubernetes.io/service-name": "lamps"});
        let metadata = json!({"namespace": "house", "name": name, "resourceVersion": "1", "labels": labels});
        let ports = json!([{"name": "http", "port": 8080}, {"name": "internal", "port": 9090}]);
        let value =
            json!({"metadata": metadata, "addressType": family, "endpoints": endpoints, "ports": ports});
        Object::new(value).unwrap()
    }

    fn found(slices: Vec<Object>, port: &str) -> Vec<String> {
        let mut snapshot = Snapshot::default();
        for slice in slices {
            snapshot.put(slice, 10);
        }
        let shown = |endpoint: Endpoint| {
            let leaving = if endpoint.is_leaving { " leaving" } else { "" };
            format!("{}:{}{leaving}", endpoint.address, endpoint.port)
        };
        endpoints(&snapshot, "house", "lamps", port).into_iter().map(shown).collect()
    }

    #[test]
    fn all_slices_of_a_service_give_each_endpoint_once() {
        let conditions = |ready: bool, serving: bool, terminating: bool| json!({"ready": ready, "serving": serving, "terminating": terminating});
        let first = json!([
            {"addresses": ["10.0.0.1"], "conditions": {}},
            {"addresses": ["10.0.0.2"], "conditions": conditions(false, false, false)},
            {"addresses": ["10.0.0.3"], "conditions": conditions(false, true, true)},
        ]);
        let second = json!([
            {"addresses": ["10.0.0.1"], "conditions": conditions(true, true, false)},
            {"addresses": ["10.0.0.4"], "conditions": conditions(false, false, true)},
            {"addresses": ["lamp.example"], "conditions": {}},
        ]);
        let third = json!([{"addresses": ["fd00::1"], "conditions": {"ready": true}}]);
        let all =
            || vec![slice("a", "IPv4", &first), slice("b", "IPv4", &second), slice("c", "IPv6", &third)];
        assert_eq!(found(all(), "http"), ["10.0.0.1:8080", "10.0.0.3:8080 leaving", "fd00::1:8080"]);
        assert_eq!(found(all(), "9090").first().unwrap(), "10.0.0.1:9090");
        assert!(found(all(), "other").is_empty() && found(all(), "80").is_empty());
        assert!(found(vec![slice("a", "FQDN", &first)], "http").is_empty());
        assert!(found(vec![slice("a", "IPv4", &json!("none"))], "http").is_empty());
    }

    #[test]
    fn the_zone_of_a_node_is_that_of_whatever_runs_on_it() {
        let mut snapshot = Snapshot::default();
        let endpoints = json!([
            {"addresses": ["10.0.0.1"], "nodeName": "one"},
            {"addresses": ["10.0.0.2"], "nodeName": "two", "zone": "b"},
        ]);
        snapshot.put(slice("a", "IPv4", &endpoints), 10);
        assert_eq!(zone_of_node(&snapshot, "two"), Some("b".to_owned()));
        assert_eq!((zone_of_node(&snapshot, "one"), zone_of_node(&snapshot, "three")), (None, None));
    }
}
