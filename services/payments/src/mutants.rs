//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const RELEASE_FORGOTTEN: Mutant = Mutant::new(
    "payments.release.forgotten",
    "The amount that the provider keeps for an order is not let go when the order ends.",
    Catcher::Simulation,
);

pub(crate) const BOOKED_ONCE: Mutant = Mutant::new(
    "payments.ledger.one-sided",
    "A movement of money is booked on the account that receives it only.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[RELEASE_FORGOTTEN, BOOKED_ONCE];
