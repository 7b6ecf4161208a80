//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const CHANGE_UNTOLD: Mutant = Mutant::new(
    "catalogue.list.change-untold",
    "Only that a product is new is announced, not what is changed of it later.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[CHANGE_UNTOLD];
