//! The events that payments promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::Event;
use tradewind_kernel::{Id, Money};

/// The provider keeps the amount of an order for the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAuthorised {
    /// The order.
    pub order_id: Id,
    /// How much.
    pub amount: Money,
}

/// An order cannot be paid as its customer wanted; nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDeclined {
    /// The order.
    pub order_id: Id,
    /// Why, as the code of a problem such as `card-declined`.
    pub reason: String,
}

/// The amount of an order was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// The order.
    pub order_id: Id,
    /// How much.
    pub amount: Money,
}

/// The amount of an order was let go before it was captured; nothing is taken, and nothing will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReleased {
    /// The order.
    pub order_id: Id,
    /// Why, as the code of a problem.
    pub reason: String,
}

/// A part of what was captured, or all of it, was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The order.
    pub order_id: Id,
    /// The refund.
    pub refund_id: Id,
    /// How much, with this refund only.
    pub amount: Money,
}

macro_rules! events {
    ($($event:ident = $kind:literal;)*) => {
        $(impl Event for $event {
            const TYPE: &'static str = $kind;

            fn partition_key(&self) -> String {
                format!("order-{}", self.order_id)
            }
        })*
    };
}

events! {
    PaymentAuthorised = "tradewind.payments.payment-authorised.v1";
    PaymentDeclined = "tradewind.payments.payment-declined.v1";
    PaymentCaptured = "tradewind.payments.payment-captured.v1";
    PaymentReleased = "tradewind.payments.payment-released.v1";
    PaymentRefunded = "tradewind.payments.payment-refunded.v1";
}
