//! Spans to a collector: OTLP over HTTP in its JSON encoding (OTLP 1.x, `POST /v1/traces`).
//!
//! One task per service reads the ring of its spans, as anybody who looks on does, and sends what is new in
//! batches. The ring is the queue: a collector that is slow or away holds nothing up, and what was dropped
//! from the ring before it was sent is counted. A batch that the collector cannot take now is tried again
//! with growing pauses; any other answer gives it up.

mod encode;
mod export;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use export::{Counts, Exporter};
pub use settings::TelemetrySettings;
