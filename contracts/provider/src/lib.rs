//! What the provider of card payments promises. It only pretends: a service with books of its own, as a real one
//! would have.
//!
//! A charge is named by whoever asks for it, so that asking again is the same charge. All of its operations are
//! idempotent by nature and take no `Idempotency-Key`.

#![warn(missing_docs)]

mod callback;
mod card;
mod client;
mod problems;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Money, Timestamp};

pub use callback::{Callback, CallbackClient};
pub use card::{Card, CardDetails, CardToken, InvalidCardToken, RegisterCard};
pub use client::ProviderClient;
pub use problems::{
    CARD_DECLINED, CHARGE_CANCELLED, CHARGE_NOT_AUTHORISED, DeclineReason, KINDS, REFUND_EXCEEDS_CAPTURE,
};

/// The name of the service.
pub const SERVICE: &str = "provider";

/// Where browsers give their card in exchange for a token.
pub const CARDS_PATH: &str = "/api/provider/v1/cards";

/// Asks for money to be held: `PUT /admin/charges/{reference}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authorise {
    /// How much; more than nothing.
    pub amount: Money,
    /// Of which card.
    pub card: CardToken,
}

/// Gives money back: `PUT /admin/charges/{reference}/refunds/{refund}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refund {
    /// How much; more than nothing, in the currency of the charge.
    pub amount: Money,
}

/// How a charge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum ChargeState {
    /// The money is held; nothing has moved.
    Authorised,
    /// The money has moved; some or all of it may have been given back.
    Captured,
    /// Called off: never asked for, no longer held, or all of it given back.
    Cancelled,
    /// The card refused.
    Declined,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// A charge in the books of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// What whoever asked for it calls it.
    pub reference: Id,
    /// How it stands.
    pub state: ChargeState,
    /// How much was asked for; no pounds when it was cancelled before it was asked for.
    pub amount: Money,
    /// How much has moved; nothing or the whole amount.
    pub captured: Money,
    /// How much of that was given back.
    pub refunded: Money,
    /// When it last changed.
    pub updated_at: Timestamp,
}
