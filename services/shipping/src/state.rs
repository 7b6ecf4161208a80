//! What the doors work with.

use tradewind_chassis::Sweep;
use tradewind_db::Db;
use tradewind_kernel::Entropy;

use crate::config::PretendCarrier;

/// What the doors work with.
pub(crate) struct Shipping {
    pub(crate) db: Db,
    pub(crate) carrier: PretendCarrier,
    /// What the carrier that pretends will take or deliver.
    pub(crate) under_way: Sweep,
    /// For tracking numbers.
    pub(crate) entropy: Entropy,
}
