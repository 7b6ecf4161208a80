//! The events that shipping promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::{Event, EventType};
use tradewind_kernel::Id;

use crate::{ShippedLine, TrackingNumber};

/// A shipment was booked; the goods wait for the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentBooked {
    /// The order.
    pub order_id: Id,
    /// Whose it is.
    pub customer_id: Id,
    /// What the carrier calls it.
    pub tracking_number: TrackingNumber,
    /// What is in it.
    pub lines: Vec<ShippedLine>,
}

/// The carrier has the goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentHandedOver {
    /// The order.
    pub order_id: Id,
    /// Whose it is.
    pub customer_id: Id,
    /// What the carrier calls it.
    pub tracking_number: TrackingNumber,
}

/// The customer has the goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentDelivered {
    /// The order.
    pub order_id: Id,
    /// Whose it is.
    pub customer_id: Id,
}

/// A booked shipment was called off before the carrier had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentCancelled {
    /// The order.
    pub order_id: Id,
    /// Whose it is.
    pub customer_id: Id,
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
    ShipmentBooked = "tradewind.shipping.shipment-booked.v1";
    ShipmentHandedOver = "tradewind.shipping.shipment-handed-over.v1";
    ShipmentDelivered = "tradewind.shipping.shipment-delivered.v1";
    ShipmentCancelled = "tradewind.shipping.shipment-cancelled.v1";
}

/// What other systems may read: where shipments are. All of it is ids, and the carrier's number.
#[must_use]
pub fn public_events() -> Vec<EventType> {
    vec![
        EventType::of::<ShipmentBooked>(),
        EventType::of::<ShipmentHandedOver>(),
        EventType::of::<ShipmentDelivered>(),
        EventType::of::<ShipmentCancelled>(),
    ]
}
