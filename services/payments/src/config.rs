//! Settings, section `payments`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tradewind_chassis::settings::duration;

/// How often both books may be compared.
const BOUNDS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3_600);

/// The settings of payments.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How often the shop's books are compared with the provider's, 1s to 24h.
    #[serde(deserialize_with = "bounded")]
    pub(crate) reconcile_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { reconcile_every: Duration::from_secs(15 * 60) }
    }
}

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let pause = duration::deserialize(deserializer)?;
    let wrong = || D::Error::custom("books are compared every 1s to 24h");
    if BOUNDS.contains(&pause) { Ok(pause) } else { Err(wrong()) }
}
