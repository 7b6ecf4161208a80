//! The spans of events that are handled: each continues the trace of what announced it.

use tradewind_kernel::{Clock, Context, OpenSpan, SpanKind, SpanRecorder, TraceContext};

use crate::envelope::Recorded;

/// Begins the span of handling one event within `context`, caused by what announced it.
pub(crate) fn begin(spans: &SpanRecorder, clock: &Clock, recorded: &Recorded, context: &Context) -> OpenSpan {
    let event = &recorded.event;
    let cause = event.traceparent.parse::<TraceContext>().ok().map(|trace| trace.span());
    let mut span = spans.begin(SpanKind::Consumer, (&context.trace, cause), context.correlation, clock);
    span.name(event.kind.clone());
    span.text("cloudevents.event_id", event.id.to_string());
    span.text("cloudevents.event_source", event.source.clone());
    span.text("tradewind.key", event.partitionkey.clone());
    span.number("tradewind.position", recorded.position);
    span
}

/// Ends the spans of events that were handled in one transaction, but for those that were only parked.
pub(crate) fn end(spans: Vec<OpenSpan>, parked: &[usize]) {
    let together = i64::try_from(spans.len().saturating_sub(parked.len())).unwrap_or(i64::MAX);
    for (at, mut span) in spans.into_iter().enumerate() {
        if parked.contains(&at) {
            span.discard();
            continue;
        }
        if together > 1 {
            span.number("messaging.batch.message_count", together);
        }
        span.end();
    }
}

/// Ends the spans of a transaction that was thrown away. What was in it together is handled again one by one,
/// so that only an event that was alone has failed.
pub(crate) fn fail(spans: Vec<OpenSpan>, error: &impl ToString) {
    let alone = spans.len() == 1;
    for mut span in spans {
        if alone {
            span.fail(error.to_string());
            span.end();
        } else {
            span.discard();
        }
    }
}
