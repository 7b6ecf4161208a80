//! What happened to an order, and what is known of orders.

use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Money, Timestamp};
use tradewind_notification_contract::{MailLine, Occasion};

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    /// The event that told of it, and so the notification: the same event makes the same one.
    pub(crate) event: Id,
    pub(crate) order: Id,
    pub(crate) occasion: Occasion,
    /// What tells several of one occasion apart, such as the refunds of an order; usually nothing.
    pub(crate) part: String,
    pub(crate) happened_at: Timestamp,
    /// Why, as a code.
    pub(crate) reason: Option<String>,
    pub(crate) refunded: Option<Money>,
    pub(crate) tracking_number: Option<String>,
}

impl News {
    pub(crate) fn new(event: Id, order: Id, occasion: Occasion, happened_at: Timestamp) -> Self {
        let (part, reason, refunded, tracking_number) = (String::new(), None, None, None);
        Self { event, order, occasion, part, happened_at, reason, refunded, tracking_number }
    }
}

/// What is known of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) customer: Id,
    pub(crate) content: Content,
}

/// What was ordered, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) lines: Vec<MailLine>,
    pub(crate) total: Money,
}
