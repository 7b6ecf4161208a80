//! Quotes, and taking one of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Money, Position, Slug, Timestamp};

use crate::{BasisPoints, CartId, Country, Payment, Quantity, QuoteId};

/// One line of a quote, with what was said of the product at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteLine {
    /// The product.
    pub product_id: Slug,
    /// What it is called.
    pub name: String,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, without tax.
    pub unit_price: Money,
}

/// What a cart costs, for a while: the answer to `POST /api/cart/v1/carts/{id}/quotes`.
///
/// `total` = `subtotal` − `discount` + `tax`. The discount is that part of the subtotal, and the tax that part of what is
/// left, which the percentages say; each is rounded once, on the sum, half to even.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// The cart.
    pub cart_id: CartId,
    /// What is in it.
    pub lines: Vec<QuoteLine>,
    /// The sum of the lines.
    pub subtotal: Money,
    /// How much of it is taken off, by the coupon and the promotion in force together.
    pub discount_rate: BasisPoints,
    /// What is taken off.
    pub discount: Money,
    /// The coupon that is redeemed when the quote is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Slug>,
    /// Where the goods are to go.
    pub country: Country,
    /// The rate of tax there.
    pub tax_rate: BasisPoints,
    /// The tax.
    pub tax: Money,
    /// What is to be paid.
    pub total: Money,
    /// A digest of all that is agreed: equal for quotes that say the same (SHA-256, hexadecimal).
    pub fingerprint: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it can be taken.
    pub expires_at: Timestamp,
}

/// Takes a quote: `POST /api/cart/v1/carts/{id}/completion` with an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteCart {
    /// Which quote; the cart may not have changed since.
    pub quote_id: QuoteId,
    /// How it is paid; on account when nothing is said.
    #[serde(default)]
    pub payment: Payment,
}

/// The answer to a completion: where the order will be found, and from which position on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The order.
    pub id: Id,
    /// Readers of orders who send it back see the order.
    pub position: Position,
}
