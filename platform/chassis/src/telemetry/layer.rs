//! From events to lines.

use std::fmt;

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tradewind_kernel::{Clock, Timestamp};

use super::fields::{Fields, Value};
use super::filter::Filter;
use super::records::LogBook;
use super::{json, text};

/// How a line is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Json,
    Text { colour: bool },
}

/// What a line tells.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) message: String,
    pub(super) fields: Fields,
}

/// Writes the events that the filter allows as lines into a sink.
pub(super) struct Lines {
    pub(super) filter: Filter,
    pub(super) style: Style,
    pub(super) clock: Clock,
    pub(super) sink: Box<dyn Fn(&str) + Send + Sync>,
    /// Where the newest lines are kept, once a service has asked for them.
    pub(super) book: LogBook,
}

impl Lines {
    fn line<'a, S>(&self, event: &Event<'a>, context: &Context<'_, S>) -> Line<'a>
    where
        S: Subscriber + for<'b> LookupSpan<'b>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = match fields.take("message") {
            Some(Value::Text(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let mut outer = Fields::default();
        let spans = context.event_scope(event).into_iter();
        for span in spans.flat_map(|scope| scope.from_root()) {
            if let Some(found) = span.extensions().get::<Fields>() {
                outer.set_all(found);
            }
        }
        fields.add_missing(outer);
        Line {
            time: self.clock.now(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            message,
            fields,
        }
    }
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.filter.allows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.filter.allows(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter.most_verbose())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // Recorded before the span is locked: the values' own code runs here, and may log.
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = context.span(id)
            && let Some(known) = span.extensions_mut().get_mut::<Fields>()
        {
            known.set_all(&fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = self.line(event, &context);
        let (written, json) = match self.style {
            Style::Json => (json::write(&line), true),
            Style::Text { colour } => (text::write(&line, colour), false),
        };
        (self.sink)(&written);
        self.book.keep(&line, json.then_some(&written));
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("filter", &self.filter)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}
