//! What a runner needs besides the saga.

use std::sync::Arc;

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy, SpanRecorder};

use crate::interference::Interference;
use crate::tally::Tally;

/// What a runner needs besides the saga.
#[derive(Debug, Clone)]
pub struct RunnerOptions {
    /// The service's name.
    pub service: &'static str,
    /// Who it is among the replicas of the service: different in each, and in each life of one unless that is sure to
    /// be over before the next begins.
    pub holder: String,
    /// The service's database.
    pub db: Db,
    /// The service's clock.
    pub clock: Clock,
    /// The service's randomness.
    pub entropy: Entropy,
    /// Where the runner counts.
    pub tally: Arc<Tally>,
    /// Where each attempt is recorded.
    pub spans: SpanRecorder,
    /// What a test does to the saga while it runs; `None` in a service.
    pub interference: Option<Arc<dyn Interference>>,
}
