//! What the doors work with.

use tradewind_db::Db;

/// What the doors work with.
pub(crate) struct Catalogue {
    pub(crate) db: Db,
    pub(crate) version: String,
}
