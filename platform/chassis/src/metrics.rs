//! What a service instance counts and measures, written in the OpenMetrics format.
//!
//! A [`Metrics`] belongs to one instance: nothing here is global, so that many instances share a process.
//! A handle such as [`Counter`] is bound once, when a door or a task is built, and costs an atomic addition
//! from then on.
//!
//! # Names
//!
//! A name is the name in the output, so that a search for it finds code and dashboards alike. It is in
//! `snake_case`, begins with what it is about, and ends with its unit:
//!
//! - A counter ends in `_total`: `lamps_lit_total`, `lamp_energy_joules_total`.
//! - A histogram holds durations and ends in `_seconds`: `lamp_warm_up_seconds`.
//! - A gauge ends in neither `_total` nor what a histogram adds (`_bucket`, `_count`, `_sum`): `lamps_burning`.
//! - A quantity with a unit is given in the base unit: `_seconds`, `_bytes`, `_ratio`, never `_ms` or `_kb`.
//!   What is counted in pieces needs no unit beyond its own name.
//!
//! Label names are in `snake_case` too; `service` and `le` are taken. A help text is one line without quotes
//! and backslashes. Breaking a rule fails a debug assertion; a release build logs an error and goes on.

mod family;
mod handle;
mod naming;
mod observed;
mod process;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

pub use family::{CounterFamily, Family, GaugeFamily, HistogramFamily, Labels};
pub use handle::{Counter, Gauge, Held, Histogram};
pub use observed::Reading;

use family::Series;
use observed::Observed;
use table::{Shape, Table};

/// The media type of what [`Metrics::render`] writes.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How many label sets a family shows by default before it counts further ones as `other`.
const LABEL_SETS: usize = 1_000;

/// What a value read at scrape time stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, and begins again at zero with the process.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// The metrics of one service instance. Cloning is cheap and gives the same metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    table: Arc<Table>,
    registry: Arc<Registry>,
    label_sets: usize,
}

impl Metrics {
    /// No metrics yet; each will carry the label `service`.
    #[must_use]
    pub fn new(service: &str) -> Self {
        let table = Arc::new(Table::default());
        let label = (Cow::Borrowed("service"), Cow::Owned(service.to_owned()));
        let mut registry = Registry::with_labels(std::iter::once(label));
        registry.register_collector(Box::new(Arc::clone(&table)));
        Self { table, registry: Arc::new(registry), label_sets: LABEL_SETS }
    }

    /// Lets families made from now on show `count` label sets instead of 1,000.
    #[must_use]
    pub fn with_label_sets(mut self, count: usize) -> Self {
        self.label_sets = count;
        self
    }

    /// Adds what the operating system knows about the process; nothing where it does not tell.
    ///
    /// For one instance of a process only: the numbers are the process's, not the instance's.
    #[must_use]
    pub fn with_process(self) -> Self {
        process::register(&self);
        self
    }

    /// The counter of this name, made when it is first asked for.
    #[must_use]
    pub fn counter(&self, name: &'static str, help: &'static str) -> Counter {
        let made = self.table.register(name, help, Shape::Counter, Counter::default);
        Counter::clone(&made)
    }

    /// The gauge of this name, made when it is first asked for.
    #[must_use]
    pub fn gauge(&self, name: &'static str, help: &'static str) -> Gauge {
        let made = self.table.register(name, help, Shape::Gauge, Gauge::default);
        Gauge::clone(&made)
    }

    /// The histogram of this name, made when it is first asked for.
    #[must_use]
    pub fn histogram(&self, name: &'static str, help: &'static str) -> Histogram {
        let made = self.table.register(name, help, Shape::Histogram, Histogram::default);
        Histogram::clone(&made)
    }

    /// The counters of this name, one for each label set.
    #[must_use]
    pub fn counter_family<L: Labels>(&self, name: &'static str, help: &'static str) -> CounterFamily<L> {
        self.family(name, help, Shape::Counter)
    }

    /// The gauges of this name, one for each label set.
    #[must_use]
    pub fn gauge_family<L: Labels>(&self, name: &'static str, help: &'static str) -> GaugeFamily<L> {
        self.family(name, help, Shape::Gauge)
    }

    /// The histograms of this name, one for each label set.
    #[must_use]
    pub fn histogram_family<L: Labels>(&self, name: &'static str, help: &'static str) -> HistogramFamily<L> {
        self.family(name, help, Shape::Histogram)
    }

    fn family<L: Labels, M>(&self, name: &'static str, help: &'static str, shape: Shape) -> Family<L, M>
    where
        Series<L, M>: table::Source,
    {
        let make = || Series::new(name, self.label_sets);
        Family::of(self.table.register(name, help, shape, make))
    }

    /// Shows a value that is kept elsewhere, such as a counter of a database; `read` runs at each scrape.
    ///
    /// `read` must be quick and must not panic. It lives as long as the metrics, so let it hold counters,
    /// not the service. Observing the same name again replaces the reader.
    pub fn observe<R: Into<Reading>>(
        &self,
        name: &'static str,
        help: &'static str,
        kind: Kind,
        read: impl Fn() -> R + Send + Sync + 'static,
    ) {
        self.observe_with(name, help, kind, &[], read);
    }

    /// Like [`Metrics::observe`] with fixed labels: calls with other values add to the same family.
    pub fn observe_with<R: Into<Reading>>(
        &self,
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: &[(&'static str, String)],
        read: impl Fn() -> R + Send + Sync + 'static,
    ) {
        let shape = match kind {
            Kind::Counter => Shape::Counter,
            Kind::Gauge => Shape::Gauge,
        };
        let labels = labels.iter().map(|(name, value)| (*name, value.clone().into())).collect();
        let observed = self.table.register(name, help, shape, Observed::default);
        observed.add(name, labels, self.label_sets, Arc::new(move || read().into()));
    }

    /// Everything as OpenMetrics text, in an order that only depends on the names and labels.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        if let Err(error) = text::encode(&mut text, &self.registry) {
            // Half a text would be taken for a wrong one; none at all shows as a gap.
            tracing::error!(%error, "the metrics could not be written");
            text = String::from("# EOF\n");
        }
        text
    }
}
