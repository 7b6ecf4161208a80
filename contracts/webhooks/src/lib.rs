//! What webhooks promises: the public events of the fleet, sent to addresses of other systems.

#![warn(missing_docs)]

mod client;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Timestamp};
use tradewind_problem::Kind;

pub use client::WebhooksClient;

/// The name of the service.
pub const SERVICE: &str = "webhooks";

/// Where endpoints are found.
pub const ENDPOINTS_PATH: &str = "/api/webhooks/v1/endpoints";

/// The greatest number of endpoints.
pub const MAX_ENDPOINTS: i64 = 100;

/// The greatest number of types of one endpoint.
pub const MAX_TYPES: usize = 100;

/// The greatest number of secrets of one endpoint that hold at a time.
pub const MAX_SECRETS: i64 = 5;

/// The most deliveries that one replay takes up.
pub const MAX_REPLAYED: i64 = 10_000;

/// The type of the message that a ping sends.
pub const PING: &str = "tradewind.webhooks.ping.v1";

/// The address of an endpoint is one that is not called.
pub const ADDRESS_REFUSED: Kind =
    Kind { code: "webhook-address-refused", status: 422, title: "The address of the endpoint is refused" };

/// The type is none of the public ones.
pub const UNKNOWN_TYPE: Kind =
    Kind { code: "unknown-event-type", status: 422, title: "The type of events is not known" };

/// There are as many endpoints, or secrets of one, as there may be.
pub const TOO_MANY: Kind =
    Kind { code: "too-many-webhooks", status: 409, title: "There are too many of them" };

/// The endpoint is disabled.
pub const ENDPOINT_DISABLED: Kind =
    Kind { code: "endpoint-disabled", status: 409, title: "The endpoint is disabled" };

/// What the service refuses with, besides the platform.
pub const KINDS: &[Kind] = &[ADDRESS_REFUSED, UNKNOWN_TYPE, TOO_MANY, ENDPOINT_DISABLED];

/// Registers an endpoint: `PUT /api/webhooks/v1/endpoints/{id}`, with an id of the caller's. What is said of it is not
/// changed later: another address, or other types, are another endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterEndpoint {
    /// Where events are sent: an address such as `https://example.com/hooks`, of up to 2,048 characters.
    #[schemars(length(max = 2_048), example = &"https://example.com/hooks")]
    pub url: String,
    /// The types of events that are sent, 1 to 100.
    #[schemars(length(min = 1, max = 100), example = ["tradewind.orders.order-completed.v1"])]
    pub types: Vec<String>,
    /// What it is for, up to 200 characters.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub about: String,
}

/// Whether events are sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum EndpointState {
    /// They are.
    Enabled,
    /// They wait until it is enabled.
    Disabled,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// An endpoint: `GET /api/webhooks/v1/endpoints/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: Id,
    /// Where events are sent.
    pub url: String,
    /// The types of events that are sent.
    pub types: Vec<String>,
    /// What it is for.
    pub about: String,
    /// Whether events are sent.
    pub state: EndpointState,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was registered: it gets what happens from then on.
    pub registered_at: Timestamp,
    /// Since when nothing has arrived there; absent when the last attempt was a success, or there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
}

/// The secret of an endpoint, by which its owner verifies what arrives. Shown when it is made and never again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disclosed {
    /// The endpoint.
    pub id: Id,
    /// The secret: `whsec_`, and 32 random bytes in Base64. Absent when it was made by an earlier request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for Disclosed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disclosed").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum DeliveryState {
    /// It is to be sent, or sent again.
    Waiting,
    /// The endpoint has said that it has it.
    Delivered,
    /// It was tried as often as it is tried.
    Failed,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// An event on its way to an endpoint: `GET /api/webhooks/v1/endpoints/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The event, and so the `webhook-id` of every attempt.
    pub event_id: Id,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// Deliveries with the same key arrive one after the other.
    pub key: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts so far, of the last time that it was taken up.
    pub attempts: i64,
    /// When the event was recorded here.
    pub recorded_at: Timestamp,
    /// When it was delivered, or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Why there was none, or the beginning of what it said, up to 1,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// Sends deliveries once more: `POST /api/webhooks/v1/endpoints/{id}/replays`. Exactly one of both is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replay {
    /// This one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Id>,
    /// Those of events that were recorded since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2026-01-31T12:00:00.000000Z")]
    pub from: Option<Timestamp>,
}

/// What a replay has taken up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// How many deliveries are sent once more.
    pub deliveries: i64,
    /// Where to go on, when there are more than 10,000 of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_from: Option<Timestamp>,
}

/// A ping on its way: `POST /api/webhooks/v1/endpoints/{id}/pings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pinged {
    /// Under which id it arrives.
    pub event_id: Id,
}
