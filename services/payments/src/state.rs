//! What the doors work with.

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

use crate::actions::change::Processes;
use crate::provider::SharedProvider;

/// What the doors work with.
pub(crate) struct Payments {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) processes: Processes,
    pub(crate) provider: SharedProvider,
    /// How often both books are compared.
    pub(crate) reconcile_every: std::time::Duration,
}
