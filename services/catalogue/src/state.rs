//! What the doors work with.

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

use crate::recent::Recent;

/// What the doors work with.
pub(crate) struct Catalogue {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) version: String,
    /// What was found lately.
    pub(crate) recent: Recent,
}
