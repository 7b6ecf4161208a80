//! Settings, section `gateway`.

use std::path::PathBuf;

use serde::Deserialize;

/// The settings of the gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// A folder of `HTTPRoute` documents (`*.yaml`); absent for those that are built in.
    pub(crate) routes: Option<PathBuf>,
    /// A folder of such documents that are added to them, for services that are not built in.
    pub(crate) more_routes: Option<PathBuf>,
}
