//! What the doors work with.

use std::time::Duration;

use tradewind_chassis::Sweep;
use tradewind_db::Db;

/// What the doors work with.
pub(crate) struct Customers {
    pub(crate) db: Db,
    /// What is held for orders that have not been opened.
    pub(crate) held: Sweep,
    /// How long a reservation holds for an order that has not been opened.
    pub(crate) reservation_ttl: Duration,
}
