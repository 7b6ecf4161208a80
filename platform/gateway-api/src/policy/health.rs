//! How endpoints are found out that do not work.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;

use super::read;

/// How endpoints are found out that do not work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct HealthCheck {
    /// By asking each of them. Nobody does by default: discovery knows which say that they are ready.
    pub active: Option<ActiveHealthCheck>,
    /// By the answers that they give.
    pub passive: PassiveHealthCheck,
}

/// Requests of the gateway's own to each endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveHealthCheck {
    /// The path, and its query if it has one.
    pub path: String,
    /// How often. 5 s by default; one each second would be more than many services get from users.
    #[serde(deserialize_with = "read::duration")]
    pub interval: Duration,
    /// How long an answer may take. 1 s by default: who needs longer for this is no help to anybody.
    #[serde(deserialize_with = "read::duration")]
    pub timeout: Duration,
    /// So many good answers bring an endpoint back. 1 by default: while one waits for more the others carry the load.
    pub healthy_threshold: u32,
    /// So many bad ones take it out. 3 by default: one may be an accident.
    pub unhealthy_threshold: u32,
    /// Which codes are good. 200 alone by default.
    pub expected_statuses: BTreeSet<u16>,
}

/// Leaves alone the endpoints that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PassiveHealthCheck {
    /// So many errors in a row: answers of 502, 503 and 504, and connections that break. 7 by default: one or two
    /// happen at each restart.
    pub consecutive_errors: u32,
    /// How long the first time, twice as long each further time in a row. 1 s by default, about what a restart takes.
    #[serde(deserialize_with = "read::duration")]
    pub base_ejection_time: Duration,
    /// At most so long. 10 s by default, so that nobody waits for an endpoint that works again.
    #[serde(deserialize_with = "read::duration")]
    pub max_ejection_time: Duration,
    /// At most so many of a hundred endpoints. 50 by default: where most fail it is not the endpoints, and the rest
    /// could not carry the load.
    pub max_ejection_percent: u32,
}

impl Default for PassiveHealthCheck {
    fn default() -> Self {
        Self {
            consecutive_errors: 7,
            base_ejection_time: Duration::from_secs(1),
            max_ejection_time: Duration::from_secs(10),
            max_ejection_percent: 50,
        }
    }
}
