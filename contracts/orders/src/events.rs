//! The events that orders promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::Event;
use tradewind_kernel::{Id, Money};

use crate::{OrderId, OrderLine};

/// An order was placed; whoever holds goods or credit reserves them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub customer_id: Id,
    /// What was agreed, with the prices at the time.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines.
    pub total: Money,
}

/// Stock and credit are both reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderOpened {
    /// The order.
    pub order_id: OrderId,
}

/// Stock or credit refused; whoever has reserved something for it releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderRejected {
    /// The order.
    pub order_id: OrderId,
    /// Why, as the code of a problem such as `sold-out`.
    pub reason: String,
}

/// The order was called off while it was open; whoever has reserved something for it releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// The order.
    pub order_id: OrderId,
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
    OrderPlaced = "tradewind.orders.order-placed.v1";
    OrderOpened = "tradewind.orders.order-opened.v1";
    OrderRejected = "tradewind.orders.order-rejected.v1";
    OrderCancelled = "tradewind.orders.order-cancelled.v1";
}
