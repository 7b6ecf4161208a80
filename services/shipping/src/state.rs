//! What the doors work with.

use tradewind_chassis::Sweep;
use tradewind_db::Db;
use tradewind_kernel::Entropy;

use crate::config::PretendCarrier;
use crate::people::People;

/// What the doors work with.
pub(crate) struct Shipping {
    pub(crate) db: Db,
    pub(crate) carrier: PretendCarrier,
    /// What the carrier that pretends will take or deliver.
    pub(crate) under_way: Sweep,
    /// The names on parcels.
    pub(crate) people: People,
    /// For tracking numbers.
    pub(crate) entropy: Entropy,
}
