//! How an order is paid.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::Slug;

/// How an order is to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum PaymentMethod {
    /// On account: an invoice against the customer's credit.
    #[default]
    Account,
    /// By card.
    Card {
        /// What the provider of card payments gave for the card: the shop never sees a card.
        #[schemars(example = &"card_01980000-0000-7000-8000-000000000001")]
        token: Slug,
    },
    /// A way that this version does not know.
    #[serde(other)]
    Other,
}

impl PaymentMethod {
    /// The way without its particulars.
    #[must_use]
    pub fn paid_by(&self) -> PaidBy {
        match self {
            Self::Account => PaidBy::Account,
            Self::Card { .. } => PaidBy::Card,
            Self::Other => PaidBy::Other,
        }
    }
}

/// How an order is paid, without the particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum PaidBy {
    /// On account: an invoice against the customer's credit.
    #[default]
    Account,
    /// By card.
    Card,
    /// A way that this version does not know.
    #[serde(other)]
    Other,
}
