//! What the doors work with.

use std::time::Duration;

use tradewind_chassis::Sweep;
use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

/// What the doors work with.
pub(crate) struct Stock {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    /// What is held for orders that have not been opened.
    pub(crate) held: Sweep,
    /// How long a reservation holds for an order that has not been opened.
    pub(crate) reservation_ttl: Duration,
}
