//! Spans: what was done, when, for how long, and because of what.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Clock, Id, SpanId, Timestamp, TraceContext, TraceId};

/// The greatest length of a span's name, of an attribute's text and of an error, in bytes; the rest is cut.
pub const MAX_SPAN_TEXT: usize = 256;

/// Attributes of one span; further ones are left out.
pub const MAX_SPAN_ATTRIBUTES: usize = 16;

/// The part that a span plays (OpenTelemetry's SpanKind).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// Work within a service.
    Internal,
    /// Answering a request.
    Server,
    /// Asking a peer.
    Client,
    /// Handing a message over for somebody who takes it later.
    Producer,
    /// Handling a message.
    Consumer,
}

/// What an attribute says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Cow<'static, str>),
}

/// A piece of work that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// The service that did it.
    pub service: Cow<'static, str>,
    /// What was done, such as `GET /lamps/{id}`: one of few, never with an id in it.
    pub name: Cow<'static, str>,
    /// Its part.
    pub kind: SpanKind,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span that caused it; none when the trace begins here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// The process it belongs to.
    pub correlation: Id,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; its length was measured on the stopwatch, not on the wall clock.
    pub end: Timestamp,
    /// What went wrong; none when it went as it should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A few facts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Cow<'static, str>, AttributeValue>,
}

impl Span {
    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.end.since(self.start)
    }
}

/// Takes spans that have ended. It is called wherever work ends, so it neither waits nor fails.
pub trait SpanSink: Send + Sync {
    /// Takes one.
    fn record(&self, span: Span);
}

/// Where the work of one service is recorded. The default records nothing and costs nothing.
#[derive(Clone, Default)]
pub struct SpanRecorder {
    target: Option<(&'static str, Arc<dyn SpanSink>)>,
}

impl SpanRecorder {
    /// Records the work of `service` into `sink`.
    #[must_use]
    pub fn new(service: &'static str, sink: Arc<dyn SpanSink>) -> Self {
        Self { target: Some((service, sink)) }
    }

    /// Begins the span that `trace` names, caused by `parent`.
    pub fn begin(
        &self,
        kind: SpanKind,
        (trace, parent): (&TraceContext, Option<SpanId>),
        correlation: Id,
        clock: &Clock,
    ) -> OpenSpan {
        let open = self.target.as_ref().map(|(service, sink)| Open {
            sink: sink.clone(),
            clock: clock.clone(),
            began: clock.monotonic(),
            span: Span {
                service: Cow::Borrowed(service),
                name: Cow::Borrowed("unnamed"),
                kind,
                trace_id: trace.trace(),
                span_id: trace.span(),
                parent_span_id: parent,
                correlation,
                start: clock.now(),
                end: clock.now(),
                error: None,
                attributes: BTreeMap::new(),
            },
        });
        OpenSpan { open: open.map(Box::new) }
    }
}

impl fmt::Debug for SpanRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.target.as_ref().map(|(service, _)| service);
        f.debug_tuple("SpanRecorder").field(&service).finish()
    }
}

struct Open {
    sink: Arc<dyn SpanSink>,
    clock: Clock,
    began: Duration,
    span: Span,
}

/// Work under way. Dropped without an end it is recorded as given up, so that what it caused keeps its parent.
#[must_use = "a span that is dropped at once says that its work was given up"]
pub struct OpenSpan {
    open: Option<Box<Open>>,
}

impl OpenSpan {
    /// Says what is done.
    pub fn name(&mut self, name: impl Into<Cow<'static, str>>) {
        if let Some(open) = &mut self.open {
            open.span.name = cut(name.into());
        }
    }

    /// Adds a text; a name given again replaces what it said.
    pub fn text(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.attribute(name, || AttributeValue::Text(cut(value.into())));
    }

    /// Adds a number; a name given again replaces what it said.
    pub fn number(&mut self, name: &'static str, value: i64) {
        self.attribute(name, || AttributeValue::Number(value));
    }

    fn attribute(&mut self, name: &'static str, value: impl FnOnce() -> AttributeValue) {
        let Some(open) = &mut self.open else { return };
        let attributes = &mut open.span.attributes;
        if attributes.len() < MAX_SPAN_ATTRIBUTES || attributes.contains_key(name) {
            attributes.insert(Cow::Borrowed(name), value());
        }
    }

    /// Says what went wrong.
    pub fn fail(&mut self, error: impl Into<Cow<'static, str>>) {
        if let Some(open) = &mut self.open {
            open.span.error = Some(cut(error.into()).into_owned());
        }
    }

    /// The work is done.
    pub fn end(mut self) {
        self.record();
    }

    /// Nothing was done: there is nothing to record.
    pub fn discard(mut self) {
        self.open = None;
    }

    fn record(&mut self) {
        let Some(open) = self.open.take() else { return };
        let Open { sink, clock, began, mut span } = *open;
        span.end = span.start.plus(clock.monotonic().saturating_sub(began));
        sink.record(span);
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        if self.open.as_ref().is_some_and(|open| open.span.error.is_none()) {
            self.fail("given up before its end");
        }
        self.record();
    }
}

impl fmt::Debug for OpenSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.open.as_ref().map(|open| &open.span);
        f.debug_tuple("OpenSpan").field(&span).finish()
    }
}

/// At most [`MAX_SPAN_TEXT`] bytes of whole characters.
fn cut(text: Cow<'static, str>) -> Cow<'static, str> {
    if text.len() <= MAX_SPAN_TEXT {
        return text;
    }
    let end = text.floor_char_boundary(MAX_SPAN_TEXT);
    Cow::Owned(text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Entropy;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Span>>);

    impl SpanSink for Kept {
        fn record(&self, span: Span) {
            self.0.lock().unwrap().push(span);
        }
    }

    fn recorded(act: impl FnOnce(&SpanRecorder, &TraceContext, &Clock)) -> Vec<Span> {
        let kept = Arc::new(Kept::default());
        let recorder = SpanRecorder::new("lamps", kept.clone());
        let trace = TraceContext::begin(&Entropy::seeded(1));
        act(&recorder, &trace, &Clock::system());
        std::mem::take(&mut *kept.0.lock().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_span_has_the_length_of_its_work() {
        let kept = Arc::new(Kept::default());
        let clock = Clock::simulated(Timestamp::from_micros(5));
        let trace = TraceContext::begin(&Entropy::seeded(1));
        let recorder = SpanRecorder::new("lamps", kept.clone());
        let mut span = recorder.begin(SpanKind::Server, (&trace, None), Id::from_u128(1), &clock);
        span.name("GET /lamps");
        span.number("status", 200);
        clock.sleep(Duration::from_millis(3)).await;
        span.end();
        let span = kept.0.lock().unwrap().pop().unwrap();
        assert_eq!((span.start.as_micros(), span.end.as_micros()), (5, 3_005));
        let text = serde_json::to_string(&span).unwrap();
        assert_eq!(serde_json::from_str::<Span>(&text).unwrap(), span);
        assert!(!text.contains("parentSpanId") && !text.contains("error"), "{text}");
    }

    #[test]
    fn work_that_is_given_up_is_recorded_and_work_that_was_not_done_is_not() {
        let spans = recorded(|recorder, trace, clock| {
            drop(recorder.begin(SpanKind::Client, (trace, None), Id::from_u128(1), clock));
            recorder.begin(SpanKind::Client, (trace, None), Id::from_u128(1), clock).discard();
        });
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].error.as_deref(), Some("given up before its end"));
    }

    #[test]
    fn a_span_has_bounds() {
        const NAMES: [&str; 18] =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"];
        let spans = recorded(|recorder, trace, clock| {
            let mut span = recorder.begin(SpanKind::Consumer, (trace, None), Id::from_u128(1), clock);
            span.name("é".repeat(200));
            span.fail("x".repeat(1_000));
            NAMES.into_iter().for_each(|name| span.text(name, "ü".repeat(200)));
            span.number("a", 1);
            span.end();
        });
        let [span] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!(span.attributes.len(), MAX_SPAN_ATTRIBUTES);
        assert_eq!(span.attributes["a"], AttributeValue::Number(1));
        assert_eq!((span.name.len(), span.error.as_ref().unwrap().len()), (256, 256));
    }
}
