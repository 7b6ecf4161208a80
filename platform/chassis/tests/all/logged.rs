//! What is logged on the thread of a test.

use std::cell::RefCell;
use std::fmt::Write;
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tradewind_testkit::until;

type Lines = Arc<Mutex<Vec<String>>>;

thread_local! {
    /// Who listens on this thread. One subscriber serves all threads: with several of them, `tracing` remembers of a
    /// place in the code that nobody listens there, if it was first passed on a thread without one.
    static HERE: RefCell<Option<Lines>> = const { RefCell::new(None) };
}

/// The lines at `info` and above since this was made, on this thread.
pub struct Logged(Lines);

impl Logged {
    /// Listens until it is dropped.
    pub fn here() -> Self {
        static LISTEN: Once = Once::new();
        LISTEN.call_once(|| {
            let all = tracing_subscriber::registry().with(Listening);
            tracing::subscriber::set_global_default(all).expect("no other listener");
        });
        let lines = Lines::default();
        HERE.set(Some(lines.clone()));
        Self(lines)
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
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

impl Drop for Logged {
    fn drop(&mut self) {
        HERE.set(None);
    }
}

struct Listening;

impl<S: tracing::Subscriber> Layer<S> for Listening {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > tracing::Level::INFO {
            return;
        }
        HERE.with_borrow(|here| {
            let Some(lines) = here else { return };
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            lines.lock().unwrap().push(line.0);
        });
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}
