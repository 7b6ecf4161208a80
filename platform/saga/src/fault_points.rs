//! The fault points of this crate.

use tradewind_kernel::FaultPoint;

/// A call, or the undo of one, was answered; nothing of it is written down.
pub(crate) const ANSWERED: FaultPoint = FaultPoint::new("saga.call.answered");

/// A local step, or the undo of one, has done its work; the transaction is open.
pub(crate) const WORKED: FaultPoint = FaultPoint::new("saga.local.worked");

/// What came of a step is committed; the runner does not know it yet.
pub(crate) const COMMITTED: FaultPoint = FaultPoint::new("saga.step.committed");

/// Every fault point that this crate passes.
pub const FAULT_POINTS: &[FaultPoint] = &[ANSWERED, WORKED, COMMITTED];
