//! The fault points of this crate.

use tradewind_kernel::FaultPoint;

/// A command has run; its transaction is open and its answer is not yet kept for its key.
pub(crate) const BEFORE_RECORD: FaultPoint = FaultPoint::new("chassis.idempotency.before");

/// The answer of a command is kept for its key; the transaction is not committed yet.
pub(crate) const AFTER_RECORD: FaultPoint = FaultPoint::new("chassis.idempotency.after");

/// Every fault point that this crate passes.
pub const FAULT_POINTS: &[FaultPoint] = &[BEFORE_RECORD, AFTER_RECORD];

/// Every point that a process can pass in which services run.
#[must_use]
pub fn fault_points() -> Vec<FaultPoint> {
    let lists = [
        tradewind_db::FAULT_POINTS,
        tradewind_events::FAULT_POINTS,
        tradewind_amqp::FAULT_POINTS,
        tradewind_saga::FAULT_POINTS,
        FAULT_POINTS,
    ];
    lists.into_iter().flatten().copied().collect()
}
