//! Section `discovery`: who knows where instances are, and how they tell of themselves.

use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};
use tradewind_client::{FarClient, Slices, Standpoint};
use tradewind_kernel::{Clock, Entropy};

use crate::settings::duration;

/// Section `discovery`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiscoverySettings {
    /// The registry, as `host:port`; without it instances tell nobody of themselves.
    pub registry: Option<String>,
    /// The host under which others reach the doors of this process; without it, that on which they listen.
    pub advertise: Option<String>,
    /// The pause between two heartbeats; well below the patience of the registry.
    #[serde(with = "duration")]
    pub heartbeat: Duration,
    /// How long an instance goes on serving after it has told the registry that it is about to stop, so that callers
    /// leave before its doors close.
    #[serde(with = "duration")]
    pub leave_wait: Duration,
    /// The pause between two questions for the addresses of a name.
    #[serde(with = "duration")]
    pub dns_interval: Duration,
    /// The API server that knows EndpointSlices, as `http://host:port` without TLS; without it, that of the cluster
    /// this pod is in, by the token of its service account.
    pub api_server: Option<String>,
    /// The zone of this process, whose endpoints are preferred.
    pub zone: Option<String>,
    /// The node of this process, which tells the zone where that is not given.
    pub node: Option<String>,
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            registry: None,
            advertise: None,
            heartbeat: Duration::from_millis(500),
            leave_wait: Duration::from_millis(250),
            dns_interval: Duration::from_secs(5),
            api_server: None,
            zone: None,
            node: None,
        }
    }
}

impl DiscoverySettings {
    /// Makes sure that the registry can be called, and that nothing is asked without a pause.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.registry().map_err(|error| format!("discovery.registry: {error}"))?;
        self.api_server().map_err(|error| format!("discovery.api_server: {error}"))?;
        if self.heartbeat.is_zero() {
            return Err("discovery.heartbeat must be above 0".to_owned());
        }
        if self.dns_interval.is_zero() {
            return Err("discovery.dns_interval must be above 0".to_owned());
        }
        Ok(())
    }

    /// The client of the registry, if there is one.
    pub(crate) fn registry(&self) -> Result<Option<FarClient>, tradewind_client::InvalidAddress> {
        self.registry.as_deref().map(FarClient::new).transpose()
    }

    /// The address of the API server, if it is given.
    fn api_server(&self) -> Result<Option<Uri>, String> {
        let wrong = |text: &str| format!("{text:?} is not of the form http://host:port");
        let read = |text: &str| text.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("http"));
        self.api_server.as_deref().map(|text| read(text).ok_or_else(|| wrong(text))).transpose()
    }

    /// The EndpointSlices of the cluster. Nothing is asked yet.
    pub(crate) fn slices(&self, clock: Clock, entropy: Entropy) -> Result<Slices, String> {
        let standpoint = Standpoint { zone: self.zone.clone(), node: self.node.clone() };
        Ok(Slices::new(self.api_server()?, standpoint, (clock, entropy)))
    }
}
