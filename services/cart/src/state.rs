//! What the doors work with.

use std::time::Duration;

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

/// What the doors work with.
pub(crate) struct Carts {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    /// For the ids of carts, which nobody may guess.
    pub(crate) entropy: Entropy,
    /// How long after its last change a cart is thrown away.
    pub(crate) expiry: Duration,
    /// How long a quote holds.
    pub(crate) quote_ttl: Duration,
}
