//! What shipping promises: shipments of orders, and how far each of them has come.

#![warn(missing_docs)]

mod client;
mod events;
mod tracking;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Slug, Timestamp};
use tradewind_problem::Kind;

pub use client::ShippingClient;
pub use events::{ShipmentBooked, ShipmentCancelled, ShipmentDelivered, ShipmentHandedOver, public_events};
pub use tracking::{InvalidTrackingNumber, TrackingNumber};

/// The name of the service.
pub const SERVICE: &str = "shipping";

/// Where shipments are found.
pub const SHIPMENTS_PATH: &str = "/api/shipping/v1/shipments";

/// The greatest number of lines of one shipment.
pub const MAX_LINES: usize = 100;

/// The greatest quantity on one line.
pub const MAX_QUANTITY: u32 = 10_000;

/// The shipment was cancelled; it is not booked again.
pub const SHIPMENT_CANCELLED: Kind =
    Kind { code: "shipment-cancelled", status: 409, title: "The shipment was cancelled" };

/// The carrier has the goods; they cannot be called back.
pub const SHIPMENT_HANDED_OVER: Kind =
    Kind { code: "shipment-handed-over", status: 409, title: "The shipment was handed over" };

/// Books a shipment: `PUT /admin/shipments/{order}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BookShipment {
    /// For whom.
    pub customer_id: Id,
    /// What, 1 to 100 lines.
    #[schemars(length(min = 1, max = 100))]
    pub lines: Vec<ShipmentLine>,
}

/// How many of one product are to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipmentLine {
    /// The product.
    #[schemars(example = &"1")]
    pub product_id: Slug,
    /// How many, 1 to 10,000.
    #[schemars(range(min = 1, max = 10_000))]
    pub quantity: u32,
}

/// How many of one product are in a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippedLine {
    /// The product.
    #[schemars(example = &"1")]
    pub product_id: Slug,
    /// How many.
    pub quantity: u32,
}

impl From<ShipmentLine> for ShippedLine {
    fn from(ShipmentLine { product_id, quantity }: ShipmentLine) -> Self {
        Self { product_id, quantity }
    }
}

/// How far a shipment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum ShipmentState {
    /// The goods are here and wait for the carrier.
    Booked,
    /// The carrier has them.
    HandedOver,
    /// The customer has them.
    Delivered,
    /// Called off while it was booked.
    Cancelled,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// The goods of one order on their way: `GET /api/shipping/v1/shipments/{order}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// The order.
    pub order_id: Id,
    /// Whose it is.
    pub customer_id: Id,
    /// How far it has come.
    pub state: ShipmentState,
    /// What the carrier calls it.
    pub tracking_number: TrackingNumber,
    /// For whom it is, where that is known and can be read: not any more when the person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// What happened to it, in sequence.
    pub steps: Vec<ShipmentStep>,
    /// What is in it.
    pub lines: Vec<ShippedLine>,
}

/// A shipment came into a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentStep {
    /// The state.
    pub state: ShipmentState,
    /// When.
    pub at: Timestamp,
}
