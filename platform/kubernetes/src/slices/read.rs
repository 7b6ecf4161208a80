//! What an EndpointSlice says.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use super::Endpoint;

/// An EndpointSlice, as far as it is of use.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Slice {
    address_type: String,
    /// `null` where there is none.
    endpoints: Option<Vec<Listed>>,
    ports: Option<Vec<Port>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    addresses: Vec<String>,
    #[serde(default)]
    conditions: Conditions,
    hints: Option<Hints>,
    node_name: Option<String>,
    target_ref: Option<Target>,
    zone: Option<String>,
}

/// What is absent is as it should be.
#[derive(Deserialize, Default)]
struct Conditions {
    ready: Option<bool>,
    serving: Option<bool>,
    terminating: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hints {
    for_zones: Option<Vec<Zone>>,
}

#[derive(Deserialize)]
struct Zone {
    name: String,
}

#[derive(Deserialize)]
struct Target {
    uid: Option<String>,
}

#[derive(Deserialize)]
struct Port {
    name: Option<String>,
    port: Option<u16>,
}

impl Slice {
    pub(super) fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    /// Its endpoints at a port, but for those that take no requests.
    pub(super) fn endpoints(&self, port: &str) -> Vec<Endpoint> {
        let Some(port) = self.port(port) else { return Vec::new() };
        if !matches!(self.address_type.as_str(), "IPv4" | "IPv6") {
            return Vec::new();
        }
        self.endpoints.iter().flatten().filter_map(|listed| listed.at(port)).collect()
    }

    /// A port by its name, or by its number.
    fn port(&self, wanted: &str) -> Option<u16> {
        let ports = || self.ports.iter().flatten();
        let named = ports().find(|port| port.name.as_deref().unwrap_or_default() == wanted);
        let numbered = || ports().find(|port| port.port.is_some() && port.port == wanted.parse().ok());
        named.or_else(numbered)?.port
    }

    pub(super) fn zone_of(&self, node: &str) -> Option<String> {
        let is_there = |listed: &&Listed| listed.node_name.as_deref() == Some(node) && listed.zone.is_some();
        self.endpoints.iter().flatten().find(is_there)?.zone.clone()
    }
}

impl Listed {
    fn at(&self, port: u16) -> Option<Endpoint> {
        let Conditions { ready, serving, terminating } = self.conditions;
        let is_leaving = terminating.unwrap_or(false);
        let takes = if is_leaving { serving.unwrap_or(false) } else { ready.unwrap_or(true) };
        // All addresses are of the same process: the first is meant.
        let address: IpAddr = self.addresses.first().filter(|_| takes)?.parse().ok()?;
        let zones = self.hints.as_ref().and_then(|hints| hints.for_zones.as_ref());
        Some(Endpoint {
            address,
            port,
            instance: self.target_ref.as_ref().and_then(|target| target.uid.clone()),
            is_leaving,
            zone: self.zone.clone().filter(|zone| !zone.is_empty()),
            node: self.node_name.clone(),
            for_zones: zones.into_iter().flatten().map(|zone| zone.name.clone()).collect(),
        })
    }
}
