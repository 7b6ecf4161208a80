//! What is known of an order that is being fulfilled.

use serde::{Deserialize, Serialize};
use tradewind_kernel::Timestamp;

/// What is known of an order that is being fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fulfilment {
    /// Whether it is paid by card; else on account.
    pub(crate) is_by_card: bool,
    /// Until when it can be called off before anything is done for it.
    pub(crate) waits_until: Timestamp,
}
