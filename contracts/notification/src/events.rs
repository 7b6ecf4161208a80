//! The events that notification promises. They name people by their ids only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::Event;
use tradewind_kernel::{Id, Money, Timestamp};

use crate::{Language, Occasion};

/// Somebody is to be told something by mail. Who has their address writes and sends it, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailRequested {
    /// The notification, and so the mail: asked for again it is the same.
    pub notification_id: Id,
    /// The account of whom it is for.
    pub recipient_id: Id,
    /// Of what it tells.
    pub occasion: Occasion,
    /// In which language.
    pub language: Language,
    /// The order.
    pub order_id: Id,
    /// When it happened.
    pub happened_at: Timestamp,
    /// Why, as the code of a problem such as `sold-out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<MailLine>,
    /// What the order costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// How much is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// What the carrier calls the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
}

/// One line of what was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailLine {
    /// What it is called.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
}

impl Event for MailRequested {
    const TYPE: &'static str = "tradewind.notification.mail-requested.v1";

    fn partition_key(&self) -> String {
        format!("notification-{}", self.notification_id)
    }
}
