//! Settings, section `orders`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tradewind_chassis::settings::duration;

/// The longest time in which an open order can be called off before anything is done for it.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The settings of orders.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long an open order waits before anything is done for it, so that calling it off costs nothing: up to 720
    /// hours.
    #[serde(deserialize_with = "bounded")]
    pub(crate) cancellation_window: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cancellation_window: Duration::from_secs(10) }
    }
}

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let window = duration::deserialize(deserializer)?;
    if window <= LONGEST { Ok(window) } else { Err(D::Error::custom("an order waits for 720h at most")) }
}
