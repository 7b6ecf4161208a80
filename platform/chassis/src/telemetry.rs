//! Log lines: one JSON object each for machines, or short lines for a person at a terminal.
//!
//! Code logs with the macros of `tracing`, and puts what many lines share on a span. The chassis puts
//! `service`, `trace_id`, `span_id` and `correlation` on the span of each request, and every line below shows
//! them.
//!
//! A JSON line holds `time`, `level`, `target` and `message`, then the fields of the event, then those of the
//! enclosing spans, outermost first, all at the top. Where two bear one name, the innermost wins. A field
//! named like one of the first four gets an underscore at the end.
//!
//! A text line shows the time in UTC, the level, the service, the message, the fields, and the beginning of
//! the trace's id. The ids of the span and of the correlation are left to the JSON form.
//!
//! No value can end a line or move a terminal's cursor: such characters are written as escapes.

mod escape;
mod fields;
mod filter;
mod json;
mod layer;
pub(crate) mod records;
pub(crate) mod ring;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, IsTerminal, Write};

use serde::{Deserialize, Serialize};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tradewind_kernel::Clock;

use filter::Filter;
use layer::{Lines, Style};
use records::LogBook;

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON anywhere else.
    #[default]
    Auto,
    /// Short lines for people.
    Text,
    /// One object a line for machines.
    Json,
}

/// What is logged, and how it looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// How log lines look.
    pub format: LogFormat,
    /// The least severe level that is logged: `off`, `error`, `warn`, `info`, `debug` or `trace`.
    ///
    /// Directives separated by commas set it for parts of the program, as in `info,tradewind_db=debug`. What
    /// none of them names is logged from `info`.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: String::from("info") }
    }
}

/// Logging cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// [`init`] was called before, or something else took its place.
    #[error("logging is set up already: a process does it once")]
    AlreadySet,
    /// A part of the level is not understood.
    #[error(
        "log level {0:?} is not understood: expected off, error, warn, info, debug or trace, alone or for a \
         part of the program as in \"info,tradewind_db=debug\""
    )]
    Level(String),
}

/// Sends the process's log lines to standard error from now on.
///
/// Colours are used if that is a terminal and the environment has no `NO_COLOR`. A line that cannot be
/// written is lost: a service goes on without its log.
///
/// # Errors
/// When the level is not understood, or when logging is set up already.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let terminal = io::stderr().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = Lines {
        filter: Filter::parse(&settings.level)?,
        style: style(settings.format, terminal, terminal && !plain),
        clock: Clock::system(),
        sink: Box::new(write_to_stderr),
        book: LogBook::default(),
    };
    tracing::subscriber::set_global_default(Registry::default().with(lines))
        .map_err(|_| TelemetryError::AlreadySet)
}

/// Runs `run` and gives each line that this thread logs meanwhile to `sink`, its line break included.
///
/// For tests and simulation. The lines look as [`init`] would write them away from a terminal; what other
/// threads log goes where it always goes. Without a clock, the system's is used. A simulated clock follows
/// the runtime in which it was made, so make it inside and run the runtime from within `run`:
///
/// ```
/// use tradewind_chassis::telemetry::{LogSettings, capture};
/// use tradewind_kernel::{Clock, Timestamp};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// let clock = {
///     let _inside = runtime.enter();
///     Clock::simulated(Timestamp::from_micros(0))
/// };
/// let sink = |line: &str| assert!(line.starts_with(r#"{"time":"1970-01-01T00:00:0"#));
/// capture(&LogSettings::default(), Some(clock), sink, || {
///     runtime.block_on(async { tracing::info!("lamp lit") });
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the level is not understood; nothing has run then.
pub fn capture<R>(
    settings: &LogSettings,
    clock: Option<Clock>,
    sink: impl Fn(&str) + Send + Sync + 'static,
    run: impl FnOnce() -> R,
) -> Result<R, TelemetryError> {
    let lines = Lines {
        filter: Filter::parse(&settings.level)?,
        style: style(settings.format, false, false),
        clock: clock.unwrap_or_else(Clock::system),
        sink: Box::new(sink),
        book: LogBook::default(),
    };
    Ok(tracing::subscriber::with_default(Registry::default().with(lines), run))
}

/// Where the log of this thread keeps its newest lines: with [`capture`] a place of its own, else that of the
/// process. A process that never set logging up keeps none.
pub(crate) fn log_book() -> LogBook {
    tracing::dispatcher::get_default(|dispatch| {
        dispatch.downcast_ref::<Lines>().map(|lines| lines.book.clone()).unwrap_or_default()
    })
}

/// `text` without what could end its line, move a terminal's cursor or turn the direction of writing; such
/// characters become escapes.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape::plain(&mut out, text);
    out
}

/// A JSON document on one line, whose strings hold no such characters either; it means the same.
#[must_use]
pub fn printable_json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    escape::within_json(&mut out, document);
    out
}

fn style(format: LogFormat, terminal: bool, colour: bool) -> Style {
    match format {
        LogFormat::Json => Style::Json,
        LogFormat::Auto if !terminal => Style::Json,
        LogFormat::Auto | LogFormat::Text => Style::Text { colour },
    }
}

/// One write for a line, so that lines of many threads do not mix.
fn write_to_stderr(line: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = io::stderr().lock().write_all(line.as_bytes());
}
