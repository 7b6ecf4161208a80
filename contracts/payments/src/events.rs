//! The events that payments promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::Event;
use tradewind_kernel::{Id, Money};

use crate::{RefundReason, RefusalReason};

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

/// A customer has asked for money back. What they wrote besides is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundRequested {
    /// The order.
    pub order_id: Id,
    /// The how manieth request of the order it is.
    pub number: u16,
    /// How much they want.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
}

/// What a customer has asked back is granted, and on its way: `payment-refunded` tells when it was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundGranted {
    /// The order.
    pub order_id: Id,
    /// The how manieth request of the order it is.
    pub number: u16,
    /// The refund that it became.
    pub refund_id: Id,
    /// How much is given back.
    pub amount: Money,
}

/// Nothing is given back of what a customer has asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundRefused {
    /// The order.
    pub order_id: Id,
    /// The how manieth request of the order it is.
    pub number: u16,
    /// Why.
    pub reason: RefusalReason,
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
    RefundRequested = "tradewind.payments.refund-requested.v1";
    RefundGranted = "tradewind.payments.refund-granted.v1";
    RefundRefused = "tradewind.payments.refund-refused.v1";
}
