//! What the doors work with.

use std::time::Duration;

use tradewind_db::Db;
use tradewind_kernel::Entropy;

use crate::courier::Courier;

/// What the doors work with.
pub(crate) struct Mails {
    pub(crate) db: Db,
    pub(crate) entropy: Entropy,
    pub(crate) courier: Courier,
    /// How long it is kept that a mail was sent.
    pub(crate) keep: Duration,
    /// How long a mail lies in the mailbox.
    pub(crate) mailbox_keep: Duration,
}
