//! What a balancer is told.

use std::time::Duration;

/// The greatest number of endpoints. A balancer of a thread that had more would not know any of them well.
pub const MAX_ENDPOINTS: usize = 64;

/// How endpoints are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceSettings {
    /// An endpoint that was not chosen for so long is chosen once, to find out how it is.
    pub forced_every: Duration,
    /// For so long an endpoint that joined others gets less than its share.
    pub slow_start: Duration,
    /// What a failure counts as at least: an endpoint that fails quickly is not a quick one.
    pub penalty: Duration,
    /// With a key: how much more than its share may be under way at an endpoint, in percent of the share.
    pub bound_percent: u32,
    /// So many may be under way at an endpoint; one that has as many gets nothing more.
    pub most_in_flight: u32,
    /// With which endpoints are drawn where there are more than [`MAX_ENDPOINTS`]: others on each thread, so that all
    /// have something to do, unless all threads have to find the same one for a key.
    pub seed: u64,
}

impl Default for BalanceSettings {
    fn default() -> Self {
        Self {
            forced_every: Duration::from_secs(1),
            slow_start: Duration::from_secs(10),
            penalty: Duration::from_secs(1),
            bound_percent: 125,
            most_in_flight: u32::MAX,
            seed: 0,
        }
    }
}

/// How a request ended, for the endpoint that it went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// An answer came after so long.
    Answered(Duration),
    /// It failed after so long.
    Failed(Duration),
    /// It was given up, which says nothing of the endpoint.
    Dropped,
}
