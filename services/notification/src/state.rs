//! What the doors work with.

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

use crate::domain::Policy;

/// What the doors work with.
pub(crate) struct Notifier {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) policy: Policy,
}
