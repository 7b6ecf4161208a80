//! The limit, and who is within it.

use std::time::Duration;

use crate::admission::histogram::Histogram;
use crate::admission::settings::{AdmissionSettings, Finished, Priority};

/// How much of the old baseline stays when a quiet window measured another one.
const BASELINE_KEPT: f64 = 0.8;

/// What a window with overload leaves of the limit.
const OVERLOAD_LEAVES: f64 = 0.9;

/// What a window leaves of the limit at least.
const STEEPEST: f64 = 0.5;

/// So many refused for each admitted one count; more do not prolong the wait.
const MOST_PRESSURE: u64 = 8;

/// The limit of what is under way at one backend, for one thread.
#[derive(Debug, Clone)]
pub struct Admission {
    settings: AdmissionSettings,
    limit: f64,
    in_flight: u32,
    /// The latency without a queue in microseconds, and when it was measured.
    baseline: Option<(f64, Duration)>,
    phase: Phase,
    window: Window,
    /// Refused for each admitted one in the last window.
    pressure: u64,
}

/// Whether the baseline is measured under load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Usual,
    Drain,
    Measure,
}

#[derive(Debug, Clone)]
struct Window {
    until: Duration,
    latencies: Histogram,
    admitted: u64,
    /// Those of the admitted that came while half of the limit was under way.
    high: u64,
    refused: u64,
    overloaded: u32,
}

/// A request is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// In how long to try again; longer when many are refused, and never the same for many.
    pub retry_after: Duration,
}

impl Admission {
    /// Nothing is under way, and nothing known.
    #[must_use]
    pub fn new(settings: AdmissionSettings, now: Duration) -> Self {
        let settings = AdmissionSettings { least: settings.least.max(1), ..settings };
        let settings = AdmissionSettings { most: settings.most.max(settings.least), ..settings };
        Self {
            settings,
            limit: f64::from(settings.initial.clamp(settings.least, settings.most)),
            in_flight: 0,
            baseline: None,
            phase: Phase::Usual,
            window: Window::new(now.saturating_add(settings.window)),
            pressure: 0,
        }
    }

    /// Asks for one request. What is admitted must be [`ended`](Self::ended).
    ///
    /// # Errors
    /// When as much is under way as may be for this priority.
    pub fn admit(&mut self, priority: Priority, random: u64) -> Result<(), Refused> {
        if self.in_flight >= self.limit_of(priority) {
            self.window.refused += 1;
            return Err(Refused { retry_after: self.retry_after(priority, random) });
        }
        self.in_flight += 1;
        self.window.admitted += 1;
        self.window.high += u64::from(self.in_flight >= self.limit().div_ceil(2));
        Ok(())
    }

    /// Says how an admitted request ended.
    pub fn ended(&mut self, finished: Finished, now: Duration) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match finished {
            Finished::Answered(took) => {
                self.window.latencies.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
            }
            Finished::Overloaded => self.window.overloaded += 1,
            Finished::Unmeasured => {}
        }
        if now >= self.window.until {
            self.judge(now);
        }
    }

    /// What may be under way now.
    #[must_use]
    pub fn limit(&self) -> u32 {
        let limit = if self.phase == Phase::Usual { self.limit } else { self.limit / 2.0 };
        // Casting keeps within the bounds of the number, and the limit is within those of the settings.
        (limit as u32).max(self.settings.least)
    }

    /// What is under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// The latency that is taken for the one without a queue.
    #[must_use]
    pub fn baseline(&self) -> Option<Duration> {
        self.baseline.map(|(micros, _)| Duration::from_micros(micros as u64))
    }

    /// What may be under way for a request of this priority to be admitted.
    fn limit_of(&self, priority: Priority) -> u32 {
        let part = u64::from(self.limit()) * u64::from(self.settings.percent(priority)) / 100;
        u32::try_from(part).unwrap_or(u32::MAX).max(1)
    }

    fn retry_after(&self, priority: Priority, random: u64) -> Duration {
        let patience = if priority == Priority::Sheddable { 2 } else { 1 };
        let least = 1_000 * patience * (1 + self.pressure);
        Duration::from_millis(least + random % least)
    }

    /// Ends a window that has enough samples, and begins the next.
    fn judge(&mut self, now: Duration) {
        let samples = self.window.latencies.samples() + self.window.overloaded;
        if samples < self.settings.samples {
            return;
        }
        let is_loaded = self.window.refused > 0 || self.window.high * 2 > self.window.admitted;
        let median = self.window.latencies.median();
        match self.phase {
            Phase::Usual => self.follow(median, is_loaded, now),
            Phase::Drain => self.phase = Phase::Measure,
            Phase::Measure => {
                self.baseline = median.map(|median| (median, now)).or(self.baseline);
                self.phase = Phase::Usual;
            }
        }
        self.pressure = (self.window.refused / self.window.admitted.max(1)).min(MOST_PRESSURE);
        // What was sent in one window is to end in the next one, at the latest.
        let latency = Duration::from_micros(median.unwrap_or(0.0) as u64 * 2);
        self.window = Window::new(now.saturating_add(latency.max(self.settings.window)));
    }

    fn follow(&mut self, median: Option<f64>, is_loaded: bool, now: Duration) {
        if self.window.overloaded > 0 {
            self.set(self.limit * OVERLOAD_LEAVES);
        }
        let Some(median) = median else { return };
        let (baseline, measured) = match self.baseline {
            Some((baseline, _)) if median < baseline => (median, now),
            Some((baseline, _)) if !is_loaded => {
                (baseline * BASELINE_KEPT + median * (1.0 - BASELINE_KEPT), now)
            }
            Some(baseline) => baseline,
            None => (median, now),
        };
        self.baseline = Some((baseline, measured));
        if !is_loaded {
            return;
        }
        let tolerated = baseline * f64::from(self.settings.tolerance_percent.max(100)) / 100.0;
        let gradient = (tolerated / median.max(1.0)).clamp(STEEPEST, 1.0);
        let room = if self.window.overloaded > 0 { 0.0 } else { self.limit.sqrt() };
        self.set(self.limit * gradient + room);
        if now.saturating_sub(measured) >= self.settings.baseline_age {
            self.phase = Phase::Drain;
        }
    }

    fn set(&mut self, limit: f64) {
        self.limit = limit.clamp(f64::from(self.settings.least), f64::from(self.settings.most));
    }
}

impl Window {
    fn new(until: Duration) -> Self {
        Self { until, latencies: Histogram::new(), admitted: 0, high: 0, refused: 0, overloaded: 0 }
    }
}

#[cfg(test)]
#[path = "controller_tests.rs"]
mod tests;
