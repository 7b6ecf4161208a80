//! A trace as a tree with times, for a terminal of a hundred columns.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tradewind_chassis::telemetry::printable;
use tradewind_kernel::{Span, SpanId, Timestamp, TraceId};

use super::lines::time_of_day;

/// The width of a line, in characters.
const WIDTH: usize = 100;

/// The width of the column with the names, in characters.
const NAME_WIDTH: usize = 45;

/// The width of the bars, in characters.
const BAR_WIDTH: usize = 20;

/// The deepest indentation; what lies deeper is written at the same place.
const MAX_DEPTH: usize = 12;

/// Draws all spans of one trace.
pub(super) fn drawn(id: TraceId, spans: &[Span], again: bool) -> String {
    let begin = spans.iter().map(|span| span.start).min().unwrap_or(Timestamp::from_micros(0));
    let end = spans.iter().map(|span| span.end).max().unwrap_or(begin);
    let services: BTreeSet<&str> = spans.iter().map(|span| &*span.service).collect();
    let mut text = format!(
        "trace {id}  {}  {} in {} spans of {}{}\n",
        time_of_day(begin),
        length(end.since(begin)),
        spans.len(),
        services.into_iter().map(printable).collect::<Vec<_>>().join(", "),
        if again { "  (continued)" } else { "" },
    );
    let frame = Frame { begin, whole: end.since(begin) };
    for (depth, span) in in_order(spans) {
        text.push_str(&frame.row(depth, span));
    }
    text
}

/// Every span once, after what caused it, with its depth.
fn in_order(spans: &[Span]) -> Vec<(usize, &Span)> {
    let known: BTreeSet<SpanId> = spans.iter().map(|span| span.span_id).collect();
    let mut children: BTreeMap<Option<SpanId>, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        // A cause outside of what is known makes it a root.
        let parent = span.parent_span_id.filter(|parent| known.contains(parent));
        children.entry(parent).or_default().push(span);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|span| (span.start, span.span_id));
    }
    let mut left: Vec<(usize, &Span)> = Vec::new();
    let roots = children.remove(&None).unwrap_or_default();
    left.extend(roots.into_iter().rev().map(|span| (0, span)));
    let mut ordered = Vec::new();
    while let Some((depth, span)) = left.pop() {
        ordered.push((depth, span));
        let caused = children.remove(&Some(span.span_id)).unwrap_or_default();
        left.extend(caused.into_iter().rev().map(|span| (depth + 1, span)));
    }
    // Spans that name each other as their cause hang on no root.
    let mut rest: Vec<&Span> = children.into_values().flatten().collect();
    rest.sort_by_key(|span| (span.start, span.span_id));
    ordered.extend(rest.into_iter().map(|span| (0, span)));
    ordered
}

struct Frame {
    begin: Timestamp,
    whole: Duration,
}

impl Frame {
    fn row(&self, depth: usize, span: &Span) -> String {
        let mark = if span.error.is_some() { "! " } else { "" };
        let name = format!("{}{mark}{}", "  ".repeat(depth.min(MAX_DEPTH)), printable(&span.name));
        let row = format!(
            "  {} {} {:>9} {:>9}  {}",
            fitted(&printable(&span.service), 9),
            fitted(&name, NAME_WIDTH),
            format!("+{}", length(span.start.since(self.begin))),
            length(span.took()),
            self.bar(span),
        );
        let mut row = row.trim_end().to_owned();
        row.push('\n');
        if let Some(error) = &span.error {
            let place = format!("  {:9} {}  ", "", "  ".repeat(depth.min(MAX_DEPTH)));
            let error: String = printable(error).chars().take(WIDTH - place.len()).collect();
            row.push_str(&format!("{place}{error}\n"));
        }
        row
    }

    fn bar(&self, span: &Span) -> String {
        let whole = self.whole.as_micros().max(1);
        let column = |time: Timestamp| {
            let cells = time.since(self.begin).as_micros() * BAR_WIDTH as u128 / whole;
            usize::try_from(cells).unwrap_or(BAR_WIDTH).min(BAR_WIDTH)
        };
        let from = column(span.start).min(BAR_WIDTH - 1);
        let to = column(span.end).max(from + 1);
        format!("{}{}", " ".repeat(from), "=".repeat(to - from))
    }
}

/// The text in exactly `width` characters.
fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return format!("{text:<width$}");
    }
    let cut: String = text.chars().take(width - 1).collect();
    format!("{cut}…")
}

/// A length of time in the unit that suits it.
fn length(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000_000 => format!("{}.{} ms", micros / 1_000, micros / 100 % 10),
        _ => format!("{} s", micros / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: u64, parent: Option<u64>, start: i64, end: i64) -> Span {
        let span_id = |id: u64| format!("{id:016x}");
        serde_json::from_value(serde_json::json!({
            "service": "orders", "name": format!("span {id}"), "kind": "server",
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": span_id(id),
            "parentSpanId": parent.map(span_id), "correlation": "01980000-0000-7000-8000-000000000001",
            "start": Timestamp::from_micros(start), "end": Timestamp::from_micros(end),
        }))
        .unwrap()
    }

    #[test]
    fn causes_come_before_effects_and_everything_fits() {
        let mut spans = vec![
            span(3, Some(1), 5_000, 9_000),
            span(2, Some(1), 1_000, 2_000),
            span(1, None, 0, 10_000),
            span(4, Some(99), 500, 600),
            span(5, Some(6), 0, 1),
            span(6, Some(5), 0, 1),
        ];
        spans[0].error = Some("x\u{1b}".repeat(100));
        spans[1].name = "long".repeat(50).into();
        let text = drawn(spans[0].trace_id, &spans, false);
        let found: Vec<usize> = ["span 1", "long", "span 3", "span 4", "span 5", "span 6"]
            .iter()
            .map(|name| text.find(name).unwrap_or_else(|| panic!("{name}: {text}")))
            .collect();
        assert!(found.is_sorted(), "{text}");
        assert!(text.lines().skip(1).all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(!text.contains('\u{1b}'));
        let row = text.lines().find(|line| line.contains("span 3")).unwrap();
        assert!(row.contains("+5.0 ms") && row.contains("4.0 ms") && row.contains("! span 3"), "{row}");
    }
}
