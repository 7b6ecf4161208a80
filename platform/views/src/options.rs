//! What a runner needs besides its view.

use std::sync::Arc;

use tradewind_db::Db;
use tradewind_kernel::{Clock, Entropy};

use crate::Tally;

/// What a runner needs besides its view.
#[derive(Debug, Clone)]
pub struct RunnerOptions {
    /// The service's name.
    pub service: &'static str,
    /// The service's database.
    pub db: Db,
    /// The service's clock.
    pub clock: Clock,
    /// The service's randomness.
    pub entropy: Entropy,
    /// Where the runner counts.
    pub tally: Arc<Tally>,
    /// Events applied in one transaction, about: a bound on how long the writer is held.
    pub batch: u32,
    /// How long it rests after each batch, in times that the batch took.
    pub rest: u32,
}
