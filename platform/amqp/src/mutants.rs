//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const GAP_ACCEPTED: Mutant = Mutant::new(
    "amqp.chain.gap-accepted",
    "A message is taken although events between it and the last one are missing.",
    Catcher::Simulation,
);

pub(crate) const DUPLICATE_KEPT: Mutant = Mutant::new(
    "amqp.chain.duplicate-kept",
    "A message whose event was read before is handed on once more.",
    Catcher::Simulation,
);

pub(crate) const GAP_LEFT: Mutant = Mutant::new(
    "amqp.feed.gap-left",
    "While the queue is consumed, events that it has not brought are not read from the log.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[GAP_ACCEPTED, DUPLICATE_KEPT, GAP_LEFT];
