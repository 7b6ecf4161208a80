//! Settings, section `catalogue`.

use serde::Deserialize;

/// The settings of the catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The version that the admin door's health check shows; not empty.
    pub(crate) version: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}
