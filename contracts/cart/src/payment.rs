//! How an order is paid that is made of a cart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::Slug;

/// How an order is to be paid that is made of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum Payment {
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
