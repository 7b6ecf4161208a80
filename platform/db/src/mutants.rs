//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const ONE_WOKEN: Mutant = Mutant::new(
    "db.signal.one-woken",
    "Of those who wait for commits on a topic one is woken.",
    Catcher::Simulation,
);

pub(crate) const READ_COMMITTED: Mutant = Mutant::new(
    "db.postgres.read-committed",
    "A transaction reads what others committed since it began.",
    Catcher::Race,
);

pub(crate) const CONFLICT_TOLD: Mutant = Mutant::new(
    "db.postgres.conflict-told",
    "A work that met a concurrent change is not run again.",
    Catcher::Race,
);

pub(crate) const CHECK_WITHOUT_LOCK: Mutant = Mutant::new(
    "db.lease.check-without-lock",
    "A lease that was checked can be taken before the transaction has ended.",
    Catcher::Race,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[ONE_WOKEN, READ_COMMITTED, CONFLICT_TOLD, CHECK_WITHOUT_LOCK];
