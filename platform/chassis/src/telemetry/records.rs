//! The newest log lines of each service, kept for those who look on.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::value::RawValue;
use tradewind_kernel::Span;

use super::fields::{Fields, Value};
use super::json;
use super::layer::Line;
use super::ring::{Bounds, Ring, Weigh};

/// What is kept of the log lines of one service.
pub(crate) const LOG_BOUNDS: Bounds = Bounds { records: 4_096, bytes: 2 * 1024 * 1024 };

/// What is kept of the spans of one service.
pub(crate) const SPAN_BOUNDS: Bounds = Bounds { records: 8_192, bytes: 8 * 1024 * 1024 };

/// The greatest size of one kept line, in bytes; of a longer one its beginning is kept.
pub(crate) const MAX_RECORD: usize = 8 * 1024;

/// What is kept of a line that is too long, in bytes of text before it is written as JSON.
const MAX_MESSAGE: usize = 512;

/// What else such a line keeps: where it belongs.
const MARKS: [&str; 4] = ["service", "trace_id", "span_id", "correlation"];

/// The greatest length of a mark, in bytes.
const MAX_MARK: usize = 128;

/// A log line as a JSON object.
#[derive(Debug)]
pub(crate) struct LogRecord {
    pub(crate) correlation: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) line: Box<RawValue>,
}

impl Weigh for LogRecord {
    fn weight(&self) -> usize {
        let marks = [&self.correlation, &self.trace].into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Self>() + marks + self.line.get().len()
    }
}

impl Weigh for Span {
    fn weight(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, value)| {
            let text = match value {
                tradewind_kernel::AttributeValue::Text(text) => text.len(),
                tradewind_kernel::AttributeValue::Number(_) => 0,
            };
            64 + name.len() + text
        });
        size_of::<Self>()
            + self.name.len()
            + self.error.as_ref().map_or(0, String::len)
            + attributes.sum::<usize>()
    }
}

impl tradewind_kernel::SpanSink for Ring<Span> {
    fn record(&self, span: Span) {
        self.push(span);
    }
}

/// The rings of the services of this process. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogBook {
    rings: Arc<RwLock<Rings>>,
}

#[derive(Debug, Default)]
struct Rings {
    by_service: BTreeMap<&'static str, Arc<Ring<LogRecord>>>,
    /// Where lines of no service go: to the service that tells of the process.
    of_process: Option<Arc<Ring<LogRecord>>>,
}

impl LogBook {
    /// A new ring for a service. A service that was started again begins with an empty one.
    pub(crate) fn ring(&self, service: &'static str, tells_of_process: bool) -> Arc<Ring<LogRecord>> {
        let ring = Arc::new(Ring::new(LOG_BOUNDS));
        let mut rings = self.rings.write().unwrap_or_else(PoisonError::into_inner);
        rings.by_service.insert(service, ring.clone());
        if tells_of_process {
            rings.of_process = Some(ring.clone());
        }
        ring
    }

    /// Keeps a line, which may have been written as JSON already.
    pub(super) fn keep(&self, line: &Line<'_>, written: Option<&str>) {
        let service = ["service", "consumer"].iter().find_map(|name| text(&line.fields, name));
        let ring = {
            let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
            let own = service.and_then(|service| rings.by_service.get(service));
            own.or(rings.of_process.as_ref()).cloned()
        };
        if let Some(ring) = ring
            && let Some(record) = record(line, written)
        {
            ring.push(record);
        }
    }
}

fn record(line: &Line<'_>, written: Option<&str>) -> Option<LogRecord> {
    let json = written.map_or_else(|| json::write(line), str::to_owned);
    let json = if json.len() > MAX_RECORD { json::write(&shortened(line)) } else { json };
    let mark = |name| text(&line.fields, name).filter(|mark| mark.len() <= MAX_MARK).map(str::to_owned);
    let line = RawValue::from_string(json.trim_end().to_owned()).ok()?;
    Some(LogRecord { correlation: mark("correlation"), trace: mark("trace_id"), line })
}

/// The beginning of a line that is too long.
fn shortened<'a>(line: &Line<'a>) -> Line<'a> {
    let mut fields = Fields::default();
    for name in MARKS {
        if let Some(mark) = text(&line.fields, name) {
            fields.set(name, Value::Text(cut(mark, MAX_MARK)));
        }
    }
    fields.set("shortened", Value::Bool(true));
    let message = cut(&line.message, MAX_MESSAGE);
    Line { time: line.time, level: line.level, target: line.target, message, fields }
}

fn cut(text: &str, length: usize) -> String {
    text[..text.floor_char_boundary(length)].to_owned()
}

fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    match fields.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}
