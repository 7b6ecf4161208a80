//! The fault points of this crate.

use tradewind_kernel::FaultPoint;

/// A message has come from the broker; it is not acknowledged, and nothing of it is handled.
pub(crate) const DELIVERED: FaultPoint = FaultPoint::new("amqp.feed.delivered");

/// What was handled is about to be acknowledged.
pub(crate) const BEFORE_ACK: FaultPoint = FaultPoint::new("amqp.feed.before-ack");

/// Every fault point that this crate passes.
pub const FAULT_POINTS: &[FaultPoint] = &[DELIVERED, BEFORE_ACK];
