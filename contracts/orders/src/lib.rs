//! What orders promises: agreements between a customer and the shop, and how each of them ends.

#![warn(missing_docs)]

mod client;
mod events;
mod payment;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Money, Position, Slug, Timestamp, TypedId};

pub use client::OrdersClient;
pub use events::{
    OrderCancellationRequested, OrderCancelled, OrderCompleted, OrderOpened, OrderPlaced, OrderRejected,
    public_events,
};
pub use payment::{PaidBy, PaymentMethod};

/// The name of the service.
pub const SERVICE: &str = "orders";

/// Where orders are placed and found.
pub const ORDERS_PATH: &str = "/api/orders/v1/orders";

/// Marks ids of orders.
#[derive(Debug)]
pub enum OrderTag {}

/// The id of an order.
pub type OrderId = TypedId<OrderTag>;

/// The greatest number of lines in one order.
pub const MAX_LINES: usize = 100;

/// The greatest quantity on one line.
pub const MAX_QUANTITY: u32 = 10_000;

/// Places an order: `POST /api/orders/v1/orders` with an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceOrder {
    /// For whom. Users order for themselves and leave it out; staff must name somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"01980000-0000-7000-8000-00000000000a")]
    pub customer_id: Option<Id>,
    /// What, 1 to 100 lines.
    #[schemars(length(min = 1, max = 100))]
    pub lines: Vec<PlaceLine>,
    /// How it is paid; on account when nothing is said.
    #[serde(default)]
    pub payment: PaymentMethod,
}

/// What is wanted of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceLine {
    /// The product.
    #[schemars(example = &"1")]
    pub product_id: Slug,
    /// How many.
    pub quantity: Quantity,
}

/// How many: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

impl Quantity {
    /// How many, as a number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        let quantity = u32::try_from(number).ok().filter(|quantity| (1..=MAX_QUANTITY).contains(quantity));
        quantity.map(Self).ok_or("a quantity is a whole number from 1 to 10000")
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many.", "type": "integer", "minimum": 1, "maximum": MAX_QUANTITY,
        })
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// The answer to an accepted command: where to look, and from which position on it can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The order.
    pub id: OrderId,
    /// Readers who send it back see at least this state.
    pub position: Position,
}

/// The states of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OrderState {
    /// Placed; stock and whoever answers for the payment have not both answered.
    New,
    /// Both are reserved; it can be called off for a while, and is fulfilled then.
    Open,
    /// One of them refused, or a reservation expired; nothing is reserved.
    Rejected,
    /// Called off while open, or its fulfilment was refused; nothing is reserved, and what was taken is given back.
    Cancelled,
    /// Paid or invoiced, and on its way.
    Completed,
}

/// An order: `GET /api/orders/v1/orders/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub customer_id: Id,
    /// Its state.
    pub state: OrderState,
    /// Whether somebody has asked to call it off, or had to, while it is open: it will be CANCELLED, unless it was
    /// handed over at that moment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelling: bool,
    /// How it is paid.
    #[serde(default)]
    pub payment: PaidBy,
    /// Why it was rejected, as the code of a problem such as `sold-out`, or why an open one was cancelled though
    /// nobody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was agreed, with the prices at the time.
    pub lines: Vec<OrderLine>,
    /// What is to be paid: the sum of the lines, less the discount, with the tax.
    pub total: Money,
    /// What was taken off; only when the order was made of a quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// The tax; only when the order was made of a quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Money>,
    /// The quote that the order was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_id: Option<Id>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The product.
    pub product_id: Slug,
    /// Its stock keeping unit, where it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Slug>,
    /// What it was called.
    pub name: String,
    /// How many.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_lie_within_their_bounds() {
        assert_eq!(Quantity::try_from(1).unwrap().get(), 1);
        assert_eq!(Quantity::try_from(10_000).unwrap().get(), 10_000);
        for number in [0, -1, 10_001, i64::MAX, i64::MIN] {
            assert!(Quantity::try_from(number).is_err(), "{number}");
        }
    }
}
