//! Log lines and events, each on one line.

use serde_json::Value;
use tradewind_chassis::telemetry::printable;
use tradewind_events::Recorded;
use tradewind_fleet::LogLine;
use tradewind_kernel::{Span, Timestamp};

use super::Line;

/// The greatest width of the data of an event, in characters; `--json` has the whole.
const DATA_WIDTH: usize = 160;

/// Fields with a place of their own, or none.
const PLACED: [&str; 7] = ["time", "level", "target", "message", "service", "span_id", "correlation"];

/// How many digits of a trace's id are shown: enough to search for.
const TRACE_DIGITS: usize = 8;

impl Line for LogLine {
    const NONE: &str = "No log lines yet. Requests are logged at debug: tradewind up --set log.level=debug";

    fn time(&self) -> Timestamp {
        text(&self.0, "time").parse().unwrap_or(Timestamp::from_micros(0))
    }

    fn text(&self, service: &str) -> String {
        let mut line = format!(
            "{} {:<5} {service:<10} {}",
            time_of_day(self.time()),
            printable(&text(&self.0, "level").to_uppercase()),
            printable(text(&self.0, "message")),
        );
        for (name, value) in self.0.as_object().into_iter().flatten() {
            if PLACED.contains(&name.as_str()) {
                continue;
            }
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if name == "trace_id" {
                let short: String = value.chars().take(TRACE_DIGITS).collect();
                line.push_str(&format!(" trace={}", printable(&short)));
            } else if value.contains(char::is_whitespace) || value.is_empty() {
                line.push_str(&format!(" {}={:?}", printable(name), printable(&value)));
            } else {
                line.push_str(&format!(" {}={}", printable(name), printable(&value)));
            }
        }
        line
    }
}

impl Line for Recorded {
    const NONE: &str = "No events yet.";

    fn time(&self) -> Timestamp {
        self.event.time
    }

    fn text(&self, service: &str) -> String {
        let event = &self.event;
        let mut data: String = event.data.get().chars().take(DATA_WIDTH).collect();
        if event.data.get().chars().count() > DATA_WIDTH {
            data.push('…');
        }
        format!(
            "{} {service:<10} {} {} #{} {}",
            time_of_day(event.time),
            printable(&event.kind),
            printable(&event.partitionkey),
            event.sequence,
            printable(&data),
        )
    }
}

impl Line for Span {
    const NONE: &str = "No traces yet.";

    fn time(&self) -> Timestamp {
        self.start
    }

    fn text(&self, service: &str) -> String {
        format!("{} {service:<10} {}", time_of_day(self.start), printable(&self.name))
    }
}

/// Hours to milliseconds, in UTC.
pub(super) fn time_of_day(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(11..23).map_or(text.clone(), str::to_owned)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_stays_on_its_line_whatever_it_holds() {
        let line = LogLine(serde_json::json!({
            "time": "2026-01-01T12:00:01.123456Z", "level": "warn", "target": "t", "message": "a\nb\u{1b}[2J",
            "service": "orders", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "why": "two words", "n": 5,
        }));
        let text = line.text("orders");
        assert_eq!(
            text,
            "12:00:01.123 WARN  orders     a\\nb\\u{1b}[2J n=5 trace=4bf92f35 why=\"two words\""
        );
    }
}
