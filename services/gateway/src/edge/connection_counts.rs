//! Connections that are passed on without being read, by route.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::Passed;

/// The end of a connection that ended as connections should.
const WHOLE: &str = "whole";

/// A route and one of its rules.
type Labels = (String, String);

/// The counts of all routes. Connections are far fewer than requests, so threads share them.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<BTreeMap<Labels, Arc<ConnectionCounts>>>);

/// The counts of one rule.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts {
    open: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    ends: Mutex<BTreeMap<&'static str, u64>>,
}

/// A connection that is open.
#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<ConnectionCounts>);

impl Connections {
    /// The counts of a rule. They stay when documents change.
    pub(crate) fn counts(&self, route: &str, rule: &str) -> Arc<ConnectionCounts> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((route.to_owned(), rule.to_owned())).or_default().clone()
    }

    /// Appends the counts as families of OpenMetrics.
    pub(crate) fn write(&self, text: &mut String) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = |line: std::fmt::Arguments<'_>| {
            // Writing into memory does not fail.
            text.write_fmt(line).unwrap_or_default();
            text.push('\n');
        };
        line(format_args!("# HELP gateway_connections Connections of TLS routes, by how they ended."));
        line(format_args!("# TYPE gateway_connections counter"));
        for ((route, rule), counts) in &*all {
            for (end, count) in &*counts.ends.lock().unwrap_or_else(PoisonError::into_inner) {
                let labels = format_args!("route=\"{route}\",rule=\"{rule}\",end=\"{end}\"");
                line(format_args!("gateway_connections_total{{{labels}}} {count}"));
            }
        }
        line(format_args!("# HELP gateway_open_connections Connections of TLS routes that are open."));
        line(format_args!("# TYPE gateway_open_connections gauge"));
        for ((route, rule), counts) in &*all {
            let open = counts.open.load(Ordering::Relaxed);
            line(format_args!("gateway_open_connections{{route=\"{route}\",rule=\"{rule}\"}} {open}"));
        }
        line(format_args!(
            "# HELP gateway_connection_bytes Bytes of connections of TLS routes that have ended."
        ));
        line(format_args!("# TYPE gateway_connection_bytes counter"));
        for ((route, rule), counts) in &*all {
            for (direction, bytes) in [("in", &counts.bytes_in), ("out", &counts.bytes_out)] {
                let labels = format_args!("route=\"{route}\",rule=\"{rule}\",direction=\"{direction}\"");
                line(format_args!(
                    "gateway_connection_bytes_total{{{labels}}} {}",
                    bytes.load(Ordering::Relaxed)
                ));
            }
        }
    }
}

impl ConnectionCounts {
    /// Counts a connection as open, as long as this is there.
    pub(crate) fn open(self: &Arc<Self>) -> OpenConnection {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenConnection(self.clone())
    }

    pub(crate) fn record(&self, passed: &Passed) {
        self.bytes_in.fetch_add(passed.bytes_in, Ordering::Relaxed);
        self.bytes_out.fetch_add(passed.bytes_out, Ordering::Relaxed);
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        *ends.entry(passed.reason.unwrap_or(WHOLE)).or_default() += 1;
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
