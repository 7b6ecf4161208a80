//! What the doors work with.

use std::time::Duration;

use tradewind_client::ForeignClient;
use tradewind_db::Db;
use tradewind_kernel::Entropy;

use crate::courier::Courier;
use crate::keys::Keys;

/// What the doors work with.
pub(crate) struct Webhooks {
    pub(crate) db: Db,
    pub(crate) entropy: Entropy,
    pub(crate) keys: Keys,
    /// Judges the addresses of endpoints.
    pub(crate) foreign: ForeignClient,
    pub(crate) courier: Courier,
    /// How long secrets hold after a new one.
    pub(crate) overlap: Duration,
    /// How long events are kept.
    pub(crate) keep: Duration,
}
