//! Settings, section `backoffice`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;
use tradewind_kernel::Secret;

/// The settings of the back office.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long to wait for one answer of a service, all tries together.
    #[serde(with = "duration")]
    pub(crate) deadline: Duration,
    /// After how long somebody has to sign in again, whatever they did meanwhile.
    #[serde(with = "duration")]
    pub(crate) session_lifetime: Duration,
    /// What sessions are sealed with; without it a secret of the data folder, which replicas do not share.
    pub(crate) session_key: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(2),
            session_lifetime: Duration::from_secs(8 * 3_600),
            session_key: None,
        }
    }
}
