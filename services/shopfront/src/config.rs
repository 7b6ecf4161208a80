//! Settings, section `shopfront`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;
use tradewind_kernel::Secret;

/// The settings of the shopfront. Both calls go out at once: with the defaults a page is there within a second,
/// whatever the others do.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long to wait for the catalogue, all tries together; without it there is no page.
    #[serde(with = "duration")]
    pub(crate) catalogue_deadline: Duration,
    /// How long to wait for stock, all tries together; afterwards what is left is shown as unknown.
    #[serde(with = "duration")]
    pub(crate) stock_deadline: Duration,
    /// How stock is asked.
    pub(crate) stock_protocol: Protocol,
    /// Whether products whose stock is not known are shown as the original shop did: with the SKU `default` and
    /// 999 available. It sells what may not be there.
    pub(crate) compat: bool,
    /// How long a page waits for each of the others that it asks.
    #[serde(with = "duration")]
    pub(crate) page_deadline: Duration,
    /// For how long somebody stays signed in at most.
    #[serde(with = "duration")]
    pub(crate) session_ttl: Duration,
    /// What tokens of those who are signed in are sealed with; without it a secret of the data folder. Replicas share it.
    pub(crate) session_key: Option<Secret>,
}

/// How a service is asked that offers more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// JSON over HTTP/1.1.
    Http,
    /// Protocol buffers over HTTP/2.
    Grpc,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            catalogue_deadline: Duration::from_millis(600),
            stock_deadline: Duration::from_millis(300),
            stock_protocol: Protocol::Http,
            compat: false,
            page_deadline: Duration::from_secs(2),
            session_ttl: Duration::from_secs(30 * 24 * 3_600),
            session_key: None,
        }
    }
}

/// The shortest key in characters.
const LEAST_KEY: usize = 32;

impl Settings {
    /// Makes sure that there is time to ask at all.
    pub(crate) fn check(&self) -> Result<(), String> {
        let named = [
            ("catalogue_deadline", self.catalogue_deadline),
            ("stock_deadline", self.stock_deadline),
            ("page_deadline", self.page_deadline),
            ("session_ttl", self.session_ttl),
        ];
        if self.session_key.as_ref().is_some_and(|key| key.expose().len() < LEAST_KEY) {
            return Err(format!("shopfront.session_key has at least {LEAST_KEY} characters"));
        }
        match named.into_iter().find(|(_, deadline)| deadline.is_zero()) {
            Some((name, _)) => Err(format!("shopfront.{name} must be above 0")),
            None => Ok(()),
        }
    }
}
