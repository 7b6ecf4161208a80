//! Settings, section `customers`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tradewind_chassis::settings::duration;

/// How long a reservation may hold.
const BOUNDS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3_600);

/// The settings of customers.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long a reservation holds for an order that has not been opened, 1s to 24h.
    #[serde(deserialize_with = "bounded")]
    pub(crate) reservation_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { reservation_ttl: Duration::from_secs(15 * 60) }
    }
}

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let ttl = duration::deserialize(deserializer)?;
    if BOUNDS.contains(&ttl) { Ok(ttl) } else { Err(D::Error::custom("a reservation holds for 1s to 24h")) }
}
