//! What the doors work with.

use tradewind_db::Db;

/// What the doors work with.
pub(crate) struct Customers {
    pub(crate) db: Db,
}
