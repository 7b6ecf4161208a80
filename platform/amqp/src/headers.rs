//! What a message says of its event beside the body.

/// The media type of a CloudEvent in structured JSON.
pub(crate) const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// The header with the position of the event in the log of its producer.
pub(crate) const POSITION: &str = "tradewind-position";

/// The header with the position of the event before it.
pub(crate) const PREVIOUS: &str = "tradewind-previous";
