//! The events that cart promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::Event;
use tradewind_kernel::{Id, Money, Slug};

use crate::{CartId, Country, Payment, QuoteId, QuoteLine};

/// A customer has taken a quote: whoever makes orders makes this one, with this id and at these prices. Told once for
/// each cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartCompleted {
    /// The order that is to be.
    pub order_id: Id,
    /// The cart that it is made of.
    pub cart_id: CartId,
    /// Whose it is.
    pub customer_id: Id,
    /// The quote that was taken.
    pub quote_id: QuoteId,
    /// The fingerprint of that quote.
    pub fingerprint: String,
    /// What is wanted, at the prices of the quote.
    pub lines: Vec<QuoteLine>,
    /// What is taken off the sum of the lines.
    pub discount: Money,
    /// The tax on what is left.
    pub tax: Money,
    /// What is to be paid: the sum of the lines, less the discount, with the tax.
    pub total: Money,
    /// Where the goods are to go.
    pub country: Country,
    /// The coupon that was redeemed for it; given back when the order comes to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Slug>,
    /// How it is paid.
    pub payment: Payment,
}

impl Event for CartCompleted {
    const TYPE: &'static str = "tradewind.cart.cart-completed.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}
