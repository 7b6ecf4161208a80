//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const TAKEN_UNCHECKED: Mutant = Mutant::new(
    "customers.reserve.unchecked",
    "Credit is reserved without looking at the limit.",
    Catcher::Simulation,
);

pub(crate) const CONFIRM_FORGOTTEN: Mutant = Mutant::new(
    "customers.confirm.forgotten",
    "The credit of an order that opens is not confirmed.",
    Catcher::Simulation,
);

pub(crate) const CREDIT_KEPT: Mutant = Mutant::new(
    "customers.release.credit-kept",
    "A reservation ends and its credit is not given back.",
    Catcher::Simulation,
);

pub(crate) const DEBT_KEPT: Mutant = Mutant::new(
    "customers.credit-invoice.debt-kept",
    "The invoice of an order that is called off is not taken back.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[TAKEN_UNCHECKED, CONFIRM_FORGOTTEN, CREDIT_KEPT, DEBT_KEPT];
