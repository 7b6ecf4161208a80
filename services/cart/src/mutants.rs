//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const REDEMPTION_KEPT: Mutant = Mutant::new(
    "cart.coupon.redemption-kept",
    "What was redeemed for an order that came to nothing still counts.",
    Catcher::Simulation,
);

pub(crate) const COMPLETED_AGAIN: Mutant = Mutant::new(
    "cart.complete.again",
    "A cart that was completed makes another order under another key.",
    Catcher::Simulation,
);

pub(crate) const PRICED_LATE: Mutant = Mutant::new(
    "cart.complete.priced-late",
    "An order is made at the prices of the moment, not at those of its quote.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[REDEMPTION_KEPT, COMPLETED_AGAIN, PRICED_LATE];
