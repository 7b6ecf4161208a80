//! What the doors work with.

use tradewind_chassis::Dependency;
use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

use crate::actions::happen::Fulfilments;

/// What the doors work with.
pub(crate) struct Orders {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) fulfilments: Fulfilments,
    pub(crate) stock: Dependency,
    pub(crate) customers: Dependency,
    pub(crate) payments: Dependency,
    pub(crate) shipping: Dependency,
}
