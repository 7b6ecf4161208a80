//! What payments promises: money by card, taken once for each order that is paid and given back when it is called off.

#![warn(missing_docs)]

mod client;
mod events;
mod note;
mod refund_request;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Money, Timestamp};

pub use client::PaymentsClient;
pub use events::{
    PaymentAuthorised, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentReleased, RefundGranted,
    RefundRefused, RefundRequested,
};
pub use note::{InvalidNote, MAX_NOTE, Note};
pub use refund_request::{
    AskRefund, GrantRefund, MAX_REFUND_REQUESTS, REFUND_REQUESTS_PATH, RefundReason, RefundRequest,
    RefundRequestState, RefusalReason, RefuseRefund,
};

/// The name of the service.
pub const SERVICE: &str = "payments";

/// Where payments are found.
pub const PAYMENTS_PATH: &str = "/api/payments/v1/payments";

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum PaymentState {
    /// The provider is being asked.
    Requested,
    /// The provider keeps the amount for the shop.
    Authorised,
    /// The provider, or the order, said no; nothing was taken.
    Declined,
    /// The amount was let go, and whatever was taken is given back.
    Released,
    /// The amount was taken.
    Captured,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// The payment of an order by card: `GET /api/payments/v1/payments/{orderId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The order.
    pub order_id: Id,
    /// Who pays.
    pub customer_id: Id,
    /// How far it has come.
    pub state: PaymentState,
    /// How much the order costs.
    pub amount: Money,
    /// How much was given back of what was captured, or is about to be.
    pub refunded: Money,
    /// Why it was declined or released, as the code of a problem such as `card-declined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Gives money back: `POST /api/payments/v1/payments/{orderId}/refunds`, with an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundPayment {
    /// How much, in the currency of the payment: more than nothing, and with all refunds before at most what was captured.
    pub amount: Money,
}

/// The answer to an accepted refund: it is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundAccepted {
    /// The refund.
    pub refund_id: Id,
    /// How much is given back of the payment, or about to be, with this refund and all before.
    pub refunded: Money,
}
