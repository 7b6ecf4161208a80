//! The fault points of this crate.

use tradewind_kernel::FaultPoint;

/// A batch has come from the feed; none of it is handled yet.
pub(crate) const BATCH_READ: FaultPoint = FaultPoint::new("events.feed.read");

/// A handler has done its effect; the transaction is open and its cursor has not moved.
pub(crate) const EFFECT_DONE: FaultPoint = FaultPoint::new("events.handler.effect");

/// The cursor has moved past the effects; the transaction is not committed yet.
pub(crate) const CURSOR_MOVED: FaultPoint = FaultPoint::new("events.cursor.moved");

/// Effects and cursor are committed; the runner does not know it yet.
pub(crate) const BATCH_COMMITTED: FaultPoint = FaultPoint::new("events.batch.committed");

/// A relay has handed an event over; it is not confirmed.
pub(crate) const RELAY_SENT: FaultPoint = FaultPoint::new("events.relay.sent");

/// Events are confirmed; a relay is about to write that down.
pub(crate) const RELAY_CONFIRMED: FaultPoint = FaultPoint::new("events.relay.confirmed");

/// Every fault point that this crate passes.
pub const FAULT_POINTS: &[FaultPoint] =
    &[BATCH_READ, EFFECT_DONE, CURSOR_MOVED, BATCH_COMMITTED, RELAY_SENT, RELAY_CONFIRMED];
