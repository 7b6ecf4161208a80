//! What is logged on the thread of a test.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tradewind_testkit::until;

/// The lines at `info` and above since this was made, on this thread.
pub struct Logged {
    lines: Arc<Mutex<Vec<String>>>,
    _here: tracing::subscriber::DefaultGuard,
}

impl Logged {
    /// Listens until it is dropped.
    pub fn here() -> Self {
        let lines = Arc::default();
        let layer = Lines(Arc::clone(&lines));
        let here = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Self { lines, _here: here }
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line that holds all of these parts.
    pub async fn one(&self, parts: &[&str]) {
        let what = format!("a line of the log with {parts:?}");
        until(&what, async || {
            self.lines().into_iter().find(|line| parts.iter().all(|part| line.contains(part)))
        })
        .await;
    }

    pub fn none(&self, part: &str) {
        assert!(!self.lines().iter().any(|line| line.contains(part)), "{:#?}", self.lines());
    }
}

struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > tracing::Level::INFO {
            return;
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}
