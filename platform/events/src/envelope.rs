//! What every event carries: CloudEvents 1.0 with the extensions that order and trace it.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tradewind_kernel::{Id, Timestamp};
use tradewind_schema::{Describe, Described, Schema, Side};

/// A fact that a service promises to tell, declared once in its contract.
///
/// Change is additive: a field may be added, none renamed or removed; readers ignore what they do not know.
/// The schema comes from `#[derive(schemars::JsonSchema)]` and is compared with that of the last release.
pub trait Event: Serialize + DeserializeOwned + Described + Send + Sync + 'static {
    /// The type's name and version, such as `tradewind.lamps.lamp-lit.v1`.
    const TYPE: &'static str;

    /// Events with the same key are seen in the order in which they were announced.
    fn partition_key(&self) -> String;
}

/// What a type of events looks like, for documents and for checks.
#[derive(Debug, Clone, Copy)]
pub struct EventType {
    /// Its name and version.
    pub kind: &'static str,
    schema: fn(Side) -> Schema,
    part: Describe,
    rewrite: fn(&str) -> Result<String, String>,
}

impl EventType {
    /// What is known of `E`.
    #[must_use]
    pub fn of<E: Event>() -> Self {
        let rewrite = |text: &str| -> Result<String, String> {
            let event: E = serde_json::from_str(text).map_err(|error| error.to_string())?;
            serde_json::to_string(&event).map_err(|error| error.to_string())
        };
        Self { kind: E::TYPE, schema: E::schema, part: E::part, rewrite }
    }

    /// The schema of its data.
    #[must_use]
    pub fn schema(&self, side: Side) -> Schema {
        (self.schema)(side)
    }

    /// What makes the schema of its data within a document.
    #[must_use]
    pub fn part(&self) -> Describe {
        self.part
    }

    /// Reads the data of such an event and writes it again, as a reader of today's version would.
    ///
    /// # Errors
    /// What is wrong with the data.
    pub fn rewrite(&self, data: &str) -> Result<String, String> {
        (self.rewrite)(data)
    }
}

/// An event on the wire, in CloudEvents' structured JSON form (CloudEvents 1.0.2, JSON format).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique among all events.
    pub id: Id,
    /// The service that tells it, such as `/tradewind/lamps`.
    pub source: String,
    /// The name and version of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// When the transaction ran that it tells of.
    pub time: Timestamp,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Events with the same key keep their order.
    pub partitionkey: String,
    /// Counts the events of one key from 1 without a gap.
    pub sequence: i64,
    /// The process it belongs to.
    pub correlationid: Id,
    /// The event that caused it; absent when a request did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causationid: Option<Id>,
    /// The trace it belongs to (CloudEvents distributed tracing extension).
    pub traceparent: String,
    /// The release of the service that told it, where it was named (an extension of ours).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The fact itself.
    pub data: Box<RawValue>,
}

/// An event and its place in the log of its producer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// Increases along the log, with gaps.
    pub position: i64,
    /// The event.
    pub event: Envelope,
}
