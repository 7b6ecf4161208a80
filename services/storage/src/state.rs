//! What the doors work with.

use tradewind_chassis::Blocking;
use tradewind_db::Db;
use tradewind_kernel::Entropy;

use crate::blobs::Blobs;
use crate::config::Limits;

/// What the doors work with.
pub(crate) struct Storage {
    pub(crate) db: Db,
    pub(crate) entropy: Entropy,
    pub(crate) blobs: Blobs,
    /// For what keeps a thread busy: digests, and the reading of drawings.
    pub(crate) checking: Blocking,
    /// A place for each object whose bytes are in memory.
    pub(crate) uploads: Blocking,
    pub(crate) limits: Limits,
}
