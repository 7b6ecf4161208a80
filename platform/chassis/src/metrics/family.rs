//! Metrics with labels, of a bounded number.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use super::naming;
use super::table::{Measure, Pairs, Sample, Source};
use super::{Counter, Gauge, Histogram};

/// What every label says once a family is full.
const OTHER: &str = "other";

/// The labels of a family, as a type, so that each of its metrics has the same ones.
///
/// Take values from a small set that the code knows: the pattern of a path rather than the path, the class
/// of an error rather than its text. Never an id, and nothing that a caller may choose.
///
/// ```
/// use std::borrow::Cow;
/// # use tradewind_chassis::metrics::{Labels, Metrics};
///
/// #[derive(Debug, Clone, PartialEq, Eq, Hash)]
/// struct Switched {
///     room: &'static str,
///     on: bool,
/// }
///
/// impl Labels for Switched {
///     fn names() -> &'static [&'static str] {
///         &["room", "to"]
///     }
///
///     fn values(&self) -> Vec<Cow<'static, str>> {
///         vec![self.room.into(), if self.on { "on" } else { "off" }.into()]
///     }
/// }
///
/// let metrics = Metrics::new("lamps");
/// let switched = metrics.counter_family("lamps_switched_total", "Lamps switched on or off");
/// switched.get(&Switched { room: "hall", on: true }).increment();
/// assert!(metrics.render().contains(r#"{service="lamps",room="hall",to="on"} 1"#));
/// ```
pub trait Labels: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static {
    /// The names of the labels, which every metric of the family has.
    fn names() -> &'static [&'static str];

    /// A value for each name, in the order of the names.
    fn values(&self) -> Vec<Cow<'static, str>>;
}

/// Counters of one name, told apart by labels.
pub type CounterFamily<L> = Family<L, Counter>;

/// Gauges of one name, told apart by labels.
pub type GaugeFamily<L> = Family<L, Gauge>;

/// Histograms of one name, told apart by labels.
pub type HistogramFamily<L> = Family<L, Histogram>;

/// Metrics of one name, told apart by labels. Cloning is cheap and gives the same family.
///
/// A family never shows more label sets than its bound. Once it is full, further ones share a metric whose
/// labels all say `other`.
#[derive(Debug, Clone)]
pub struct Family<L, M> {
    series: Arc<Series<L, M>>,
}

impl<L, M> Family<L, M> {
    pub(super) fn of(series: Arc<Series<L, M>>) -> Self {
        Self { series }
    }
}

impl<L: Labels, M: Clone + Default> Family<L, M> {
    /// The metric of these labels. Keep it where the labels are known beforehand: this looks into a table.
    #[must_use]
    pub fn get(&self, labels: &L) -> M {
        let known = {
            let shown = self.series.shown.read().unwrap_or_else(PoisonError::into_inner);
            shown.by_labels.get(labels).cloned()
        };
        known.unwrap_or_else(|| self.series.add(labels))
    }
}

/// The metrics of a family.
#[derive(Debug)]
pub(super) struct Series<L, M> {
    name: &'static str,
    limit: usize,
    shown: RwLock<Shown<L, M>>,
}

#[derive(Debug)]
struct Shown<L, M> {
    /// For finding a metric without writing its labels out.
    by_labels: HashMap<L, M>,
    /// For the output: sorted, and each text once even if two labels are written alike.
    by_text: BTreeMap<Pairs, M>,
    is_full: bool,
}

impl<L, M> Series<L, M> {
    pub(super) fn new(name: &'static str, limit: usize) -> Self {
        let shown = Shown { by_labels: HashMap::new(), by_text: BTreeMap::new(), is_full: false };
        Self { name, limit, shown: RwLock::new(shown) }
    }
}

impl<L: Labels, M: Clone + Default> Series<L, M> {
    fn add(&self, labels: &L) -> M {
        let (names, values) = (L::names(), labels.values());
        naming::insist(naming::check_count(self.name, names, values.len()));
        let text: Pairs = names.iter().copied().zip(values).collect();
        naming::insist(naming::check_labels(self.name, &text));
        let (metric, became_full) = {
            let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
            shown.add(labels, text, self.limit)
        };
        if became_full {
            let (metric, limit) = (self.name, self.limit);
            tracing::warn!(metric, limit, "too many label sets: further ones count as \"other\"");
        }
        metric
    }
}

impl<L: Labels, M: Clone + Default> Shown<L, M> {
    /// The metric, and whether this is the first that found no place.
    fn add(&mut self, labels: &L, text: Pairs, limit: usize) -> (M, bool) {
        if self.by_labels.len() < limit {
            let metric = self.by_text.entry(text).or_default().clone();
            self.by_labels.insert(labels.clone(), metric.clone());
            return (metric, false);
        }
        if let Some(metric) = self.by_text.get(&text) {
            return (metric.clone(), false);
        }
        let others = L::names().iter().map(|name| (*name, OTHER.into()));
        let metric = self.by_text.entry(others.collect()).or_default().clone();
        (metric, !std::mem::replace(&mut self.is_full, true))
    }
}

impl<L: Labels, M: Measure> Source for Series<L, M> {
    fn samples(&self) -> Vec<(Pairs, Sample)> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        let samples = shown.by_text.iter();
        samples.map(|(text, metric)| (text.clone(), metric.sample())).collect()
    }
}
