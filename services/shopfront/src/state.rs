//! What the doors work with.

use tradewind_chassis::Dependency;

/// What the doors work with.
pub(crate) struct Shopfront {
    pub(crate) catalogue: Dependency,
    pub(crate) stock: Dependency,
    pub(crate) compat: bool,
}
