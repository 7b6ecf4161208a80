//! Requests, errors and durations by route.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::Outcome;

use crate::edge::connection_counts::Connections;
use crate::edge::copy_counts::Copies;
use crate::edge::gate_counts::Gates;
use crate::edge::rooms::Rooms;

/// The upper bounds of durations, in microseconds: from what a proxy alone takes to what a client hardly waits for.
const BOUNDS: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// What a count is of. There are as many as there are matches in documents, whatever clients send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels {
    pub(crate) route: String,
    pub(crate) rule: String,
    pub(crate) path: String,
}

/// Counts of one match on one thread: nobody else writes to them, so that adding costs next to nothing.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By the first digit of the status; 0 where there was nobody to be answered.
    by_class: [AtomicU64; 6],
    by_duration: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    attempts: AtomicU64,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
}

impl Counts {
    pub(crate) fn record(&self, outcome: &Outcome) {
        let class = match outcome.status {
            499 => 0,
            status => usize::from(status / 100),
        };
        let micros = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS.len());
        let one = |count: Option<&AtomicU64>| {
            if let Some(count) = count {
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        one(self.by_class.get(class));
        one(self.by_duration.get(bucket));
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.attempts.fetch_add(u64::from(outcome.attempts), Ordering::Relaxed);
        self.request_bytes.fetch_add(outcome.request_bytes, Ordering::Relaxed);
        self.response_bytes.fetch_add(outcome.response_bytes, Ordering::Relaxed);
    }
}

/// The counts of all threads.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    all: Mutex<BTreeMap<Labels, Vec<Arc<Counts>>>>,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    /// Connections that nobody reads.
    pub(crate) connections: Connections,
    /// What backends were spared.
    pub(crate) gates: Gates,
    /// What became of copies.
    pub(crate) copies: Copies,
    /// How much there may be towards backends.
    pub(crate) rooms: Rooms,
}

/// The sums over all threads.
#[derive(Default)]
struct Sums {
    by_class: [u64; 6],
    by_duration: [u64; BOUNDS.len() + 1],
    micros: u64,
    attempts: u64,
    request_bytes: u64,
    response_bytes: u64,
}

impl Registry {
    /// Counts for one thread. They stay when documents change: what was counted has happened.
    pub(crate) fn counts(&self, labels: &Labels) -> Arc<Counts> {
        let counts = Arc::new(Counts::default());
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(labels.clone()).or_default().push(counts.clone());
        counts
    }

    /// Counts a request that no route has decided on, by the reason.
    pub(crate) fn refuse(&self, reason: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(reason).or_default() += 1;
    }

    /// All of it in the text format of Prometheus.
    pub(crate) fn text(&self) -> String {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let sums: Vec<(&Labels, Sums)> =
            all.iter().map(|(labels, threads)| (labels, Sums::of(threads))).collect();
        let mut text = String::new();
        requests(&sums, &mut text);
        durations(&sums, &mut text);
        let plain = |sum: fn(&Sums) -> u64| sums.iter().map(move |(labels, sums)| (*labels, sum(sums)));
        counter("gateway_attempts", "Requests sent to backends", plain(|sums| sums.attempts), &mut text);
        let bytes = plain(|sums| sums.request_bytes);
        counter("gateway_request_bytes", "Bytes of bodies of requests", bytes, &mut text);
        let bytes = plain(|sums| sums.response_bytes);
        counter("gateway_response_bytes", "Bytes of bodies of answers", bytes, &mut text);
        head("gateway_refused", "Requests and connections that no route decided on", "counter", &mut text);
        for (reason, count) in &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            line(&mut text, format_args!("gateway_refused_total{{reason=\"{reason}\"}} {count}"));
        }
        self.connections.write(&mut text);
        self.gates.write(&mut text);
        self.copies.write(&mut text);
        self.rooms.write(&mut text);
        text.push_str("# EOF\n");
        text
    }
}

impl Sums {
    fn of(threads: &[Arc<Counts>]) -> Self {
        let mut sums = Self::default();
        for counts in threads {
            let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
            sums.by_class.iter_mut().zip(&counts.by_class).for_each(|(sum, count)| *sum += load(count));
            let buckets = sums.by_duration.iter_mut().zip(&counts.by_duration);
            buckets.for_each(|(sum, count)| *sum += load(count));
            sums.micros += load(&counts.micros);
            sums.attempts += load(&counts.attempts);
            sums.request_bytes += load(&counts.request_bytes);
            sums.response_bytes += load(&counts.response_bytes);
        }
        sums
    }
}

fn requests(sums: &[(&Labels, Sums)], text: &mut String) {
    head("gateway_requests", "Requests by route and class of the status", "counter", text);
    for (labels, sums) in sums {
        for (class, count) in sums.by_class.iter().enumerate().filter(|(_, count)| **count > 0) {
            let class = if class == 0 { "gone".to_owned() } else { format!("{class}xx") };
            line(
                text,
                format_args!("gateway_requests_total{{{},status=\"{class}\"}} {count}", shown(labels)),
            );
        }
    }
}

fn durations(sums: &[(&Labels, Sums)], text: &mut String) {
    head("gateway_request_duration_seconds", "From head to last byte", "histogram", text);
    for (labels, sums) in sums {
        let (labels, mut below) = (shown(labels), 0);
        for (bound, count) in BOUNDS.iter().zip(&sums.by_duration) {
            below += count;
            let bound = *bound as f64 / 1e6;
            line(
                text,
                format_args!("gateway_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {below}"),
            );
        }
        let count: u64 = sums.by_duration.iter().sum();
        let seconds = sums.micros as f64 / 1e6;
        line(text, format_args!("gateway_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} {count}"));
        line(text, format_args!("gateway_request_duration_seconds_sum{{{labels}}} {seconds}"));
        line(text, format_args!("gateway_request_duration_seconds_count{{{labels}}} {count}"));
    }
}

fn counter<'a>(name: &str, help: &str, values: impl Iterator<Item = (&'a Labels, u64)>, text: &mut String) {
    head(name, help, "counter", text);
    for (labels, value) in values {
        line(text, format_args!("{name}_total{{{}}} {value}", shown(labels)));
    }
}

fn head(name: &str, help: &str, kind: &str, text: &mut String) {
    line(text, format_args!("# HELP {name} {help}."));
    line(text, format_args!("# TYPE {name} {kind}"));
}

/// Writing into memory does not fail.
fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line).unwrap_or_default();
    text.push('\n');
}

fn shown(labels: &Labels) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!(
        "route=\"{}\",rule=\"{}\",path=\"{}\"",
        escaped(&labels.route),
        escaped(&labels.rule),
        escaped(&labels.path)
    )
}
