//! Where a relay passes events on.

use std::future::Future;
use std::pin::Pin;

use crate::Recorded;

/// Why events could not be passed on; what was not confirmed is passed on again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OutletError {
    /// What happened, for operators.
    pub message: String,
    /// Whether the other side cannot be reached, so that nothing is wrong with what is to be passed on.
    pub is_outage: bool,
}

/// What an outlet promises of one step.
pub type Sent<'a, T> = Pin<Box<dyn Future<Output = Result<T, OutletError>> + Send + 'a>>;

/// Where a relay passes events on: in order, several on the way at a time, each confirmed.
///
/// Every future may be dropped at any await.
pub trait Outlet: Send {
    /// Begins anew: what is on the way is given up. Fails when the other side is not there.
    fn open(&mut self) -> Sent<'_, ()>;

    /// Sends an event; `previous` is the position of the event before it in the log. Waits while as many are on the
    /// way as may be.
    fn send(&mut self, event: Recorded, previous: i64) -> Sent<'_, ()>;

    /// The position up to which everything sent since the opening is confirmed; `None` while nothing is.
    fn confirmed(&self) -> Option<i64>;

    /// Whether something is on the way.
    fn is_waiting(&self) -> bool;

    /// Waits until nothing is on the way.
    fn settle(&mut self) -> Sent<'_, ()>;
}
