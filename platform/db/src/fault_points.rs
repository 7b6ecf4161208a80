//! The fault points of this crate.

use tradewind_kernel::FaultPoint;

/// The works of a batch have run; nothing is committed yet.
pub(crate) const BEFORE_COMMIT: FaultPoint = FaultPoint::new("db.commit.before");

/// The batch is committed; nobody has been woken or answered yet.
pub(crate) const AFTER_COMMIT: FaultPoint = FaultPoint::new("db.commit.after");

/// Every fault point that this crate passes.
pub const FAULT_POINTS: &[FaultPoint] = &[BEFORE_COMMIT, AFTER_COMMIT];
