//! What the doors work with.

use std::time::Duration;

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

/// What the doors work with.
pub(crate) struct Customers {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    /// How long a reservation holds for an order that has not been opened.
    pub(crate) reservation_ttl: Duration,
}
