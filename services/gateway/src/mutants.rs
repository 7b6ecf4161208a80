//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const OWN_KEY: Mutant = Mutant::new(
    "gateway.forward.own-key",
    "The gateway puts a key of its own in the place of the client's.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[OWN_KEY];
