//! Settings, section `shopfront`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;

/// The settings of the shopfront. Both calls go out at once: with the defaults a page is there within a second,
/// whatever the others do.
#[derive(Debug, Clone, Copy, Deserialize)]
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
        }
    }
}

impl Settings {
    /// Makes sure that there is time to ask at all.
    pub(crate) fn check(&self) -> Result<(), String> {
        let named =
            [("catalogue_deadline", self.catalogue_deadline), ("stock_deadline", self.stock_deadline)];
        match named.into_iter().find(|(_, deadline)| deadline.is_zero()) {
            Some((name, _)) => Err(format!("shopfront.{name} must be above 0")),
            None => Ok(()),
        }
    }
}
