//! What cart promises: carts of guests and customers, quotes that hold for a while, and what is told when one of them is
//! taken.

#![warn(missing_docs)]

mod client;
mod events;
mod offers;
mod payment;
mod quote;
mod values;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Currency, Id, Slug, Timestamp, TypedId};

pub use client::{CartAdminClient, CartClient, CartDeskClient};
pub use events::CartCompleted;
pub use offers::{Coupon, Promotion, SetCoupon, SetPromotion, SetTax, TaxRate};
pub use payment::Payment;
pub use quote::{Accepted, CompleteCart, Quote, QuoteLine};
pub use values::{BasisPoints, Country, InvalidCountry, Quantity};

/// The name of the service.
pub const SERVICE: &str = "cart";

/// Where carts are made and found.
pub const CARTS_PATH: &str = "/api/cart/v1/carts";

/// Marks ids of carts.
#[derive(Debug)]
pub enum CartTag {}

/// The id of a cart: random, so that nobody guesses it. A guest's cart is for whoever shows it.
pub type CartId = TypedId<CartTag>;

/// Marks ids of quotes.
#[derive(Debug)]
pub enum QuoteTag {}

/// The id of a quote.
pub type QuoteId = TypedId<QuoteTag>;

/// The greatest number of lines in one cart.
pub const MAX_LINES: usize = 100;

/// The greatest quantity on one line.
pub const MAX_QUANTITY: u32 = 10_000;

/// Makes an empty cart: `POST /api/cart/v1/carts`. It belongs to the user who asks; without a
/// token it is a guest's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCart {
    /// Where the goods are to go.
    pub country: Country,
    /// In which currency it is to be paid.
    pub currency: Currency,
}

/// Sets how many of a product are wanted: `PUT /api/cart/v1/carts/{id}/lines/{product}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLine {
    /// How many, 0 to 10,000; 0 takes the line out.
    #[schemars(range(min = 0, max = 10_000), example = &1)]
    pub quantity: u32,
}

/// Sets where the goods are to go and in which currency they are paid: `PUT /api/cart/v1/carts/{id}/destination`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetDestination {
    /// The country, which decides on the tax.
    pub country: Country,
    /// The currency, in which every product of the cart must have a price.
    pub currency: Currency,
}

/// Enters the code of a coupon: `PUT /api/cart/v1/carts/{id}/coupon`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnterCoupon {
    /// The code, compared byte by byte.
    #[schemars(example = &"WELCOME10")]
    pub code: Slug,
}

/// Puts what is in a guest's cart into one's own: `POST /api/cart/v1/carts/{id}/merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeCart {
    /// The user's own cart.
    pub into: CartId,
}

/// What a cart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(extend("x-open" = true))]
pub enum CartState {
    /// It can be changed.
    Open,
    /// An order was made of it; it stays as it is.
    Completed,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// What is wanted of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartLine {
    /// The product.
    pub product_id: Slug,
    /// How many.
    pub quantity: Quantity,
}

/// A cart: `GET /api/cart/v1/carts/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    /// Its id.
    pub id: CartId,
    /// Whose it is; none for a guest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Id>,
    /// What it is.
    pub state: CartState,
    /// Where the goods are to go.
    pub country: Country,
    /// In which currency it is paid.
    pub currency: Currency,
    /// What is in it, by product.
    pub lines: Vec<CartLine>,
    /// The coupon that was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Slug>,
    /// The order that was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Id>,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// When it is thrown away, unless it is changed or completed before.
    pub expires_at: Timestamp,
}
