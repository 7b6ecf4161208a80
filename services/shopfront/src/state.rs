//! What the doors work with.

use tradewind_chassis::Dependency;

use crate::config::Protocol;

/// What the doors work with.
pub(crate) struct Shopfront {
    pub(crate) catalogue: Dependency,
    pub(crate) stock: Dependency,
    pub(crate) stock_protocol: Protocol,
    pub(crate) compat: bool,
}
