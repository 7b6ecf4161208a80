//! Which endpoints of a service are called: those of the own zone, while they are enough. Others help out.

use std::net::{IpAddr, SocketAddr};

use tradewind_gateway_api::cluster::{self, EndpointSlice};
use tradewind_kubernetes::slices::{Endpoint, Place};

/// Where this gateway is, as far as the command line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standpoint {
    /// The zone.
    pub(crate) zone: Option<String>,
    /// The node, which may tell the zone.
    pub(crate) node: Option<String>,
}

impl Standpoint {
    /// The zone that was given, or that of whatever endpoint runs on the same node.
    pub(crate) fn place<'a>(&self, slices: impl IntoIterator<Item = &'a EndpointSlice>) -> Place {
        let given = self.zone.clone().filter(|zone| !zone.is_empty());
        let zone = given.or_else(|| {
            let node = self.node.as_deref().filter(|node| !node.is_empty())?;
            let mut endpoints = slices.into_iter().flat_map(|slice| &slice.endpoints);
            let neighbour =
                endpoints.find(|endpoint| endpoint.node_name == node && !endpoint.zone.is_empty());
            Some(neighbour?.zone.clone())
        });
        Place { zone }
    }
}

/// The addresses of a service that take requests, with the port of that name, each with whether it only helps out: where
/// the own zone has enough of them, as kube-proxy has it, those of others do.
pub(crate) fn ready<'a>(
    slices: impl IntoIterator<Item = &'a EndpointSlice>,
    port: &str,
    place: &Place,
) -> Vec<(SocketAddr, bool)> {
    let endpoints: Vec<Endpoint> = slices.into_iter().flat_map(|slice| of_slice(slice, port)).collect();
    let elsewhere = place.elsewhere(&endpoints);
    let address = |endpoint: &Endpoint| SocketAddr::new(endpoint.address, endpoint.port);
    endpoints.iter().map(address).zip(elsewhere).collect()
}

fn of_slice<'a>(slice: &'a EndpointSlice, port: &str) -> impl Iterator<Item = Endpoint> + use<'a> {
    let number = slice.ports.iter().find(|found| found.name == port).and_then(|found| found.port);
    let taking = slice.endpoints.iter().filter(|endpoint| endpoint.conditions.takes_requests());
    taking.filter_map(move |endpoint| at(endpoint, number?))
}

fn at(endpoint: &cluster::Endpoint, port: u16) -> Option<Endpoint> {
    let address: IpAddr = endpoint.addresses.first()?.parse().ok()?;
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(Endpoint {
        address,
        port,
        instance: None,
        is_leaving: false,
        zone: known(&endpoint.zone),
        node: known(&endpoint.node_name),
        for_zones: endpoint.hints.for_zones.iter().map(|zone| zone.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn slice(endpoints: &Value) -> EndpointSlice {
        let ports = json!([{"name": "http", "port": 80}]);
        serde_json::from_value(json!({"addressType": "IPv4", "endpoints": endpoints, "ports": ports}))
            .unwrap()
    }

    fn called(slice: &EndpointSlice, zone: &str, node: &str) -> Vec<String> {
        let standpoint = Standpoint { zone: Some(zone.to_owned()), node: Some(node.to_owned()) };
        let place = standpoint.place([slice]);
        let found = ready([slice], "http", &place);
        let here = found.iter().filter(|(_, helps_out)| !helps_out);
        here.map(|(address, _)| address.ip().to_string()).collect()
    }

    #[test]
    fn endpoints_of_the_own_zone_are_called_while_they_are_enough() {
        let two = slice(&json!([
            {"addresses": ["10.0.0.1"], "zone": "a", "nodeName": "one"},
            {"addresses": ["10.0.0.2"], "zone": "b", "nodeName": "two"},
        ]));
        assert_eq!(called(&two, "a", ""), ["10.0.0.1"]);
        assert_eq!(called(&two, "", "two"), ["10.0.0.2"], "the node tells the zone");
        assert_eq!(called(&two, "a", "two"), ["10.0.0.1"], "what is given goes before what a node tells");
        assert_eq!(called(&two, "c", ""), ["10.0.0.1", "10.0.0.2"], "nobody is there");
        assert_eq!(called(&two, "", "three"), ["10.0.0.1", "10.0.0.2"], "nobody knows where this is");
    }

    #[test]
    fn one_that_is_not_ready_is_no_reason_to_stay_in_the_zone() {
        let two = slice(&json!([
            {"addresses": ["10.0.0.1"], "zone": "a", "conditions": {"ready": false}},
            {"addresses": ["10.0.0.2"], "zone": "b"},
        ]));
        assert_eq!(called(&two, "a", ""), ["10.0.0.2"]);
    }

    #[test]
    fn hints_count_more_than_zones() {
        let hint = |zone: &str| json!({"forZones": [{"name": zone}]});
        let two = slice(&json!([
            {"addresses": ["10.0.0.1"], "zone": "a", "hints": hint("b")},
            {"addresses": ["10.0.0.2"], "zone": "b", "hints": hint("a")},
        ]));
        assert_eq!(called(&two, "a", ""), ["10.0.0.2"]);
    }
}
