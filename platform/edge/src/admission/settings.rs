//! What is admitted, and how much of it.

use std::time::Duration;

/// How much a request matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// It can be left out, such as a recommendation.
    Sheddable,
    /// Like most.
    Default,
    /// It must get through, such as a sign-in.
    Critical,
}

/// How a request ended, for the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It was answered after so long.
    Answered(Duration),
    /// The backend had too much to do: it was not answered in time, or said so.
    Overloaded,
    /// It says nothing about the backend: a client that went away, a stream that was open for long.
    Unmeasured,
}

/// The bounds of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionSettings {
    /// What may be under way at first.
    pub initial: u32,
    /// The least that may.
    pub least: u32,
    /// The most that may.
    pub most: u32,
    /// The part of the limit that sheddable requests may use together with all others, in percent.
    pub sheddable_percent: u32,
    /// The part of the limit that is not kept for critical requests, in percent. 100 keeps nothing.
    pub default_percent: u32,
    /// What is kept for critical requests at least, where anything is; below a small limit, on top of it. A share of
    /// little is less than one, and critical requests come in small groups like all others.
    pub least_kept: u32,
    /// The latency may be so much of the baseline before the limit shrinks, in percent.
    pub tolerance_percent: u32,
    /// So much above the baseline is tolerated in any case: where answers take a millisecond, another one is no queue that
    /// anybody should be refused for, and the thread that measures may be what is late.
    pub grace: Duration,
    /// How long requests are watched before the limit is judged.
    pub window: Duration,
    /// A window with fewer samples goes on.
    pub samples: u32,
    /// How old a baseline may be under load.
    pub baseline_age: Duration,
}

impl Default for AdmissionSettings {
    fn default() -> Self {
        Self {
            initial: 64,
            least: 8,
            most: 4_096,
            sheddable_percent: 60,
            default_percent: 90,
            least_kept: 3,
            tolerance_percent: 200,
            grace: Duration::from_millis(10),
            window: Duration::from_millis(250),
            samples: 16,
            baseline_age: Duration::from_secs(60),
        }
    }
}

impl AdmissionSettings {
    /// The part of the limit that is there for a priority, in percent.
    pub(super) fn percent(&self, priority: Priority) -> u32 {
        let default = self.default_percent.min(100);
        match priority {
            Priority::Critical => 100,
            Priority::Default => default,
            Priority::Sheddable => self.sheddable_percent.min(default),
        }
    }
}
