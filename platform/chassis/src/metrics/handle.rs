//! The handles: cheap to clone, and shared by all clones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::{counter, gauge};

use super::table::{Measure, Sample};

/// A number that only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(counter::Counter);

impl Counter {
    /// Counts one.
    pub fn increment(&self) {
        self.0.inc();
    }

    /// Counts `count` at once.
    pub fn add(&self, count: u64) {
        self.0.inc_by(count);
    }

    /// What has been counted so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.get()
    }
}

impl Measure for Counter {
    fn sample(&self) -> Sample {
        Sample::Reading(self.value().into())
    }
}

/// A number that goes up and down.
#[derive(Debug, Clone, Default)]
pub struct Gauge(gauge::Gauge);

impl Gauge {
    /// Makes it `value`.
    pub fn set(&self, value: i64) {
        self.0.set(value);
    }

    /// Makes it greater by `change`, or smaller when `change` is negative.
    pub fn add(&self, change: i64) {
        self.0.inc_by(change);
    }

    /// Makes it greater by one.
    pub fn increment(&self) {
        self.0.inc();
    }

    /// Makes it smaller by one.
    pub fn decrement(&self) {
        self.0.dec();
    }

    /// Counts one until the returned value is dropped, which also happens when a task is cancelled.
    pub fn hold(&self) -> Held {
        self.increment();
        Held(self.clone())
    }

    /// The number now.
    #[must_use]
    pub fn value(&self) -> i64 {
        self.0.get()
    }
}

impl Measure for Gauge {
    fn sample(&self) -> Sample {
        Sample::Reading(self.value().into())
    }
}

/// One that a [`Gauge`] counts until this is dropped.
#[derive(Debug)]
#[must_use = "the gauge stops counting it when this is dropped"]
pub struct Held(Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.decrement();
    }
}

/// The upper bounds of a histogram's buckets; a last bucket holds what is longer.
const BOUNDS: [Duration; 14] = [
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(2),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// How long something took, each time: 14 buckets from half a millisecond to ten seconds, and one above.
///
/// Made of atomics, because the library's own histogram takes a lock for each value.
#[derive(Debug, Clone, Default)]
pub struct Histogram(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// A histogram at one moment.
#[derive(Debug)]
pub(super) struct Distribution {
    pub(super) sum: f64,
    pub(super) count: u64,
    /// Upper bounds, each with the number of values between the bound below and this one.
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Adds one duration.
    pub fn record(&self, duration: Duration) {
        let bucket = BOUNDS.partition_point(|bound| *bound < duration);
        self.0.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// How many durations were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.distribution().count
    }

    /// The sum of all durations that were added.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.0.nanoseconds.load(Ordering::Relaxed))
    }

    /// The count comes from the buckets, so that the two always agree.
    fn distribution(&self) -> Distribution {
        let bounds = BOUNDS.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
        let counts = self.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        Distribution {
            sum: self.sum().as_secs_f64(),
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}

impl Measure for Histogram {
    fn sample(&self) -> Sample {
        Sample::Distribution(self.distribution())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_their_number() {
        let counter = Counter::default();
        let clone = counter.clone();
        clone.add(2);
        counter.increment();
        assert_eq!(counter.value(), 3);
    }

    #[test]
    fn a_gauge_counts_what_is_held() {
        let gauge = Gauge::default();
        gauge.set(10);
        gauge.add(-3);
        let held = gauge.hold();
        assert_eq!(gauge.value(), 8);
        drop(held);
        assert_eq!(gauge.value(), 7);
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let histogram = Histogram::default();
        histogram.record(Duration::from_millis(1));
        histogram.record(Duration::from_millis(1) + Duration::from_nanos(1));
        histogram.record(Duration::MAX);
        let buckets = histogram.distribution().buckets;
        assert_eq!(buckets[1], (0.001, 1));
        assert_eq!(buckets[2], (0.002, 1));
        assert_eq!(buckets[14], (f64::INFINITY, 1));
        assert_eq!(histogram.count(), 3);
    }
}
