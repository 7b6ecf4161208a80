//! Settings, section `cart`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tradewind_chassis::settings::duration;

/// How long a cart may be kept after its last change.
const CARTS: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(365 * 24 * 3_600);

/// How long a quote may hold.
const QUOTES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3_600);

/// The settings of cart.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long after its last change a cart is thrown away, 1m to 8,760h.
    #[serde(deserialize_with = "of_carts")]
    pub(crate) expiry: Duration,
    /// How long a quote holds, 1s to 24h.
    #[serde(deserialize_with = "of_quotes")]
    pub(crate) quote_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { expiry: Duration::from_secs(30 * 24 * 3_600), quote_ttl: Duration::from_secs(15 * 60) }
    }
}

fn of_carts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let expiry = duration::deserialize(deserializer)?;
    if CARTS.contains(&expiry) { Ok(expiry) } else { Err(D::Error::custom("a cart is kept for 1m to 8760h")) }
}

fn of_quotes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let ttl = duration::deserialize(deserializer)?;
    if QUOTES.contains(&ttl) { Ok(ttl) } else { Err(D::Error::custom("a quote holds for 1s to 24h")) }
}
