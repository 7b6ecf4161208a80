//! The limit, and who is within it.

use std::time::Duration;

use crate::admission::histogram::Histogram;
use crate::admission::settings::{AdmissionSettings, Finished, Priority};

/// How much of the old baseline stays when a quiet window measured another one.
const BASELINE_KEPT: f64 = 0.8;

/// What a window leaves of the limit at least; also what one leaves in which all were too much for the backend.
const STEEPEST: f64 = 0.5;

/// A baseline is measured under this part of the limit: one over more than what is tolerated, or the queue that the rule
/// lets stand would become the baseline, and each measurement raise it.
const MEASURED_UNDER: f64 = 1.0 / 3.0;

/// Where a measurement finds as many answers a second as before it, but for this part, all that the backend can do was
/// asked of it meanwhile, and a part of the latency was a queue.
const AS_MANY: f64 = 0.9;

/// A guessed baseline is measured again after this part of the age that others may have.
const GUESSED_AGE: u32 = 20;

/// So many refused for each admitted one count; more do not prolong the wait.
const MOST_PRESSURE: u64 = 8;

/// The limit of what is under way at one backend, for one thread.
#[derive(Debug, Clone)]
pub struct Admission {
    settings: AdmissionSettings,
    limit: f64,
    in_flight: u32,
    /// Whether the latency was never beyond what is tolerated yet.
    is_new: bool,
    baseline: Option<Baseline>,
    /// Answers a second in the last window with load.
    loaded: f64,
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

/// The latency without a queue.
#[derive(Debug, Clone, Copy)]
struct Baseline {
    micros: f64,
    measured: Duration,
    /// It was measured with a queue, as far as is known; it is measured again soon.
    is_guessed: bool,
}

#[derive(Debug, Clone)]
struct Window {
    began: Duration,
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
            is_new: true,
            baseline: None,
            loaded: 0.0,
            phase: Phase::Usual,
            window: Window::new(now, settings.window),
            pressure: 0,
        }
    }

    /// Asks for one request. What is admitted must be [`ended`](Self::ended).
    ///
    /// # Errors
    /// When as much is under way as may be for this priority.
    pub fn admit(&mut self, priority: Priority, random: u64) -> Result<(), Refused> {
        self.ask(priority, random)?;
        self.begin();
        Ok(())
    }

    /// Asks for one request that does not concern the backend yet, since it has not come as a whole. It is
    /// [`begun`](Self::begin) later, or never.
    ///
    /// # Errors
    /// When as much is under way as may be for this priority.
    pub fn ask(&mut self, priority: Priority, random: u64) -> Result<(), Refused> {
        if self.has_room(priority) {
            return Ok(());
        }
        self.window.refused += 1;
        Err(Refused { retry_after: self.retry_after(priority, random) })
    }

    /// Begins a request that was asked for. It must be [`ended`](Self::ended).
    pub fn begin(&mut self) {
        self.in_flight += 1;
        self.window.admitted += 1;
        self.window.high += u64::from(self.in_flight >= self.limit().div_ceil(2));
    }

    /// Whether a request of this priority would be admitted now.
    #[must_use]
    pub fn has_room(&self, priority: Priority) -> bool {
        self.in_flight < self.limit_of(priority)
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
        let limit = if self.phase == Phase::Usual { self.limit } else { self.limit * MEASURED_UNDER };
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
        self.baseline.map(|baseline| Duration::from_micros(baseline.micros as u64))
    }

    /// What may be under way for a request of this priority to be admitted.
    fn limit_of(&self, priority: Priority) -> u32 {
        let part = |percent: u32| {
            let part = u64::from(self.limit()) * u64::from(percent) / 100;
            u32::try_from(part).unwrap_or(u32::MAX).max(1)
        };
        let default = self.settings.percent(Priority::Default);
        match priority {
            Priority::Critical if default < 100 => {
                self.limit().max(part(default).saturating_add(self.settings.least_kept))
            }
            priority => part(self.settings.percent(priority)),
        }
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
                self.baseline = median.map(|median| self.measured(median, now)).or(self.baseline);
                self.phase = Phase::Usual;
            }
        }
        self.pressure = (self.window.refused / self.window.admitted.max(1)).min(MOST_PRESSURE);
        // What was sent in one window is to end in the next one, at the latest.
        let latency = Duration::from_micros(median.unwrap_or(0.0) as u64 * 2);
        self.window = Window::new(now, latency.max(self.settings.window));
    }

    fn follow(&mut self, median: Option<f64>, is_loaded: bool, now: Duration) {
        let baseline = median.map(|median| self.baseline_with(median, is_loaded, now));
        self.baseline = baseline.or(self.baseline);
        if !is_loaded {
            return;
        }
        self.loaded = self.window.rate(now);
        let (by_latency, by_overload) = (self.part_by_latency(median), self.part_by_overload());
        let part = by_latency.min(by_overload);
        let is_first_queue = self.is_new && by_latency < 1.0;
        self.is_new &= part >= 1.0;
        let limit = self.limit * part;
        let room = if self.is_new { limit } else { limit.sqrt() };
        // Nothing was answered: there is nothing that more could be good for.
        self.set(if median.is_some() { limit + room } else { limit });
        let is_due =
            |baseline: Baseline| self.is_old(baseline, now) || (is_first_queue && baseline.is_guessed);
        if self.baseline.is_some_and(is_due) {
            self.phase = Phase::Drain;
        }
    }

    fn baseline_with(&self, median: f64, is_loaded: bool, now: Duration) -> Baseline {
        match self.baseline {
            None => Baseline { is_guessed: is_loaded, ..Baseline::new(median, now) },
            Some(before) if median < before.micros => {
                Baseline { is_guessed: before.is_guessed && is_loaded, ..Baseline::new(median, now) }
            }
            Some(before) if !is_loaded => {
                Baseline::new(before.micros * BASELINE_KEPT + median * (1.0 - BASELINE_KEPT), now)
            }
            Some(_) if self.limit() <= self.settings.least => Baseline::new(median, now),
            Some(before) => before,
        }
    }

    fn measured(&self, median: f64, now: Duration) -> Baseline {
        let is_guessed = self.window.rate(now) > self.loaded * AS_MANY;
        Baseline { is_guessed, ..Baseline::new(median, now) }
    }

    fn is_old(&self, baseline: Baseline, now: Duration) -> bool {
        let age = self.settings.baseline_age;
        now.saturating_sub(baseline.measured) >= if baseline.is_guessed { age / GUESSED_AGE } else { age }
    }

    /// The part of the limit that the latency of a window leaves.
    fn part_by_latency(&self, median: Option<f64>) -> f64 {
        let (Some(median), Some(baseline)) = (median, self.baseline) else { return 1.0 };
        let tolerated = baseline.micros * f64::from(self.settings.tolerance_percent.max(100)) / 100.0;
        let tolerated = tolerated.max(baseline.micros + self.settings.grace.as_secs_f64() * 1e6);
        (tolerated / median.max(1.0)).clamp(STEEPEST, 1.0)
    }

    /// The part that those leave which were too much for the backend.
    fn part_by_overload(&self) -> f64 {
        let overloaded = f64::from(self.window.overloaded);
        let all = overloaded + f64::from(self.window.latencies.samples());
        1.0 - overloaded / all.max(1.0) * (1.0 - STEEPEST)
    }

    fn set(&mut self, limit: f64) {
        self.limit = limit.clamp(f64::from(self.settings.least), f64::from(self.settings.most));
    }
}

impl Baseline {
    fn new(micros: f64, measured: Duration) -> Self {
        Self { micros, measured, is_guessed: false }
    }
}

impl Window {
    fn new(began: Duration, length: Duration) -> Self {
        let until = began.saturating_add(length);
        Self { began, until, latencies: Histogram::new(), admitted: 0, high: 0, refused: 0, overloaded: 0 }
    }

    /// Answers a second.
    fn rate(&self, now: Duration) -> f64 {
        f64::from(self.latencies.samples()) / now.saturating_sub(self.began).as_secs_f64().max(1e-3)
    }
}

#[cfg(test)]
#[path = "controller_tests.rs"]
mod tests;
