//! What the doors work with.

use tradewind_db::Db;
use tradewind_pages::Assets;

use crate::callbacks::Teller;
use crate::misbehaviour::Misbehaviour;

/// What the doors work with.
pub(crate) struct Provider {
    pub(crate) db: Db,
    /// Tells of changes; nobody is told without it.
    pub(crate) teller: Option<Teller>,
    pub(crate) misbehaviour: Misbehaviour,
    pub(crate) assets: Assets,
}
