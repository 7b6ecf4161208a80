//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const SHADOW_FORGOTTEN: Mutant = Mutant::new(
    "views.follow.shadow-forgotten",
    "What happens to a stream that a rebuild has passed is not applied to the shadows.",
    Catcher::Simulation,
);

pub(crate) const BATCH_ROUNDED: Mutant = Mutant::new(
    "views.fill.last-left",
    "A rebuild leaves out the last event of each batch.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[SHADOW_FORGOTTEN, BATCH_ROUNDED];
