//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const LAST_LOST: Mutant = Mutant::new(
    "eventstore.append.last-lost",
    "Of several events that were decided together only the first is written.",
    Catcher::Simulation,
);

pub(crate) const BY_TIME: Mutant = Mutant::new(
    "eventstore.load.by-time",
    "A stream is folded in the order of its times instead of its versions.",
    Catcher::Simulation,
);

pub(crate) const SNAPSHOT_AHEAD: Mutant = Mutant::new(
    "eventstore.snapshot.ahead",
    "A snapshot says that it holds one event more than it does, so that the next one is left out.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[LAST_LOST, BY_TIME, SNAPSHOT_AHEAD];
