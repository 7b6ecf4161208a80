//! A line for a person at a terminal.

use tracing::Level;
use tradewind_kernel::Timestamp;

use super::escape::{self, push};
use super::layer::Line;

/// How many characters of a trace's id are shown: enough to search for.
const TRACE_LENGTH: usize = 8;

/// Fields with a place of their own, or none.
const HIDDEN: [&str; 4] = ["service", "trace_id", "span_id", "correlation"];

const DIM: &str = "2";

/// Writes the line with its line break.
pub(super) fn write(line: &Line<'_>, colour: bool) -> String {
    let paint = |code: &'static str| if colour { Some(code) } else { None };
    let mut out = String::with_capacity(160);
    painted(&mut out, paint(DIM), &time_of_day(line.time));
    out.push(' ');
    painted(&mut out, paint(code(line.level)), &format!("{:<5}", line.level.as_str()));
    out.push(' ');
    match line.fields.get("service") {
        Some(service) => escape::plain(&mut out, &service.to_string()),
        None => escape::plain(&mut out, line.target),
    }
    out.push(' ');
    if !line.message.is_empty() {
        out.push(' ');
        escape::plain(&mut out, &line.message);
    }
    for (name, value) in line.fields.iter().filter(|(name, _)| !HIDDEN.contains(name)) {
        pair(&mut out, paint(DIM), name, &value.to_string());
    }
    if let Some(trace) = line.fields.get("trace_id") {
        let short: String = trace.to_string().chars().take(TRACE_LENGTH).collect();
        pair(&mut out, paint(DIM), "trace", &short);
    }
    out.push('\n');
    out
}

fn pair(out: &mut String, code: Option<&str>, name: &str, value: &str) {
    let mut key = String::new();
    escape::plain(&mut key, name);
    key.push('=');
    out.push(' ');
    painted(out, code, &key);
    escape::value(out, value);
}

/// `text` in a colour, if one is given.
fn painted(out: &mut String, code: Option<&str>, text: &str) {
    match code {
        Some(code) => push(out, format_args!("\u{1b}[{code}m{text}\u{1b}[0m")),
        None => out.push_str(text),
    }
}

fn code(level: Level) -> &'static str {
    match level {
        Level::ERROR => "31",
        Level::WARN => "33",
        Level::INFO => "32",
        Level::DEBUG => "34",
        _ => "35",
    }
}

/// Hours to milliseconds in UTC.
fn time_of_day(time: Timestamp) -> String {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let milliseconds = time.as_micros().div_euclid(1_000).rem_euclid(DAY);
    let seconds = milliseconds / 1_000;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60, milliseconds % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_holds_before_1970_too() {
        let text = |micros| time_of_day(Timestamp::from_micros(micros));
        assert_eq!(text(1_767_225_600_000_000 + 43_201_123_999), "12:00:01.123");
        assert_eq!(text(-1), "23:59:59.999");
    }
}
