//! The events that orders promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::{Event, EventType};
use tradewind_kernel::{Id, Money};

use crate::{OrderId, OrderLine, PaidBy, PaymentMethod};

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
    /// How it is paid. Orders of releases that knew no other way are on account.
    #[serde(default)]
    pub payment: PaymentMethod,
}

/// Stock is reserved, and so is the credit or the amount on the card; whoever holds them for it keeps them without an
/// expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderOpened {
    /// The order.
    pub order_id: OrderId,
    /// How it is paid.
    #[serde(default)]
    pub payment: PaidBy,
}

/// The order is paid, or invoiced, and its goods are on their way; nothing takes it back any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCompleted {
    /// The order.
    pub order_id: OrderId,
}

/// Stock, credit or the payment was refused, or a reservation expired; whoever has reserved something for it releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderRejected {
    /// The order.
    pub order_id: OrderId,
    /// Why, as the code of a problem such as `sold-out`.
    pub reason: String,
}

/// Somebody has asked to call an open order off, or something made it impossible to fulfil it: what was done for it is
/// being undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancellationRequested {
    /// The order.
    pub order_id: OrderId,
    /// Why, as the code of a problem; none when somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The order was called off while it was open, or its fulfilment was refused; what was done for it is undone, and
/// whoever has reserved something for it releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// The order.
    pub order_id: OrderId,
    /// Why, as the code of a problem such as `reservation-expired`; none when somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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
    OrderCompleted = "tradewind.orders.order-completed.v1";
    OrderRejected = "tradewind.orders.order-rejected.v1";
    OrderCancellationRequested = "tradewind.orders.order-cancellation-requested.v1";
    OrderCancelled = "tradewind.orders.order-cancelled.v1";
}

/// What other systems may read: how orders go on. Not that one was placed, which holds what its customer ordered and
/// the token of a card, and not that somebody asks for a cancellation, which is about how the shop does it.
#[must_use]
pub fn public_events() -> Vec<EventType> {
    vec![
        EventType::of::<OrderOpened>(),
        EventType::of::<OrderCompleted>(),
        EventType::of::<OrderRejected>(),
        EventType::of::<OrderCancelled>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancellation_told_before_there_were_reasons_is_understood_and_written_the_same() {
        let old = r#"{"orderId":"01a1fd9a-5407-7000-95df-8e4ac483ab2f"}"#;
        let event: OrderCancelled = serde_json::from_str(old).unwrap();
        assert_eq!(event.reason, None);
        assert_eq!(serde_json::to_string(&event).unwrap(), old);
        let with = OrderCancelled { reason: Some("reservation-expired".to_owned()), ..event };
        let text = serde_json::to_string(&with).unwrap();
        assert_eq!(serde_json::from_str::<OrderCancelled>(&text).unwrap(), with);
    }
}
