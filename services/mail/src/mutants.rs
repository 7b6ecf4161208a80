//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const ARRIVES_APART: Mutant = Mutant::new(
    "mail.deliver.apart",
    "A mail is put into the mailbox in a transaction of its own before that in which it is sent.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[ARRIVES_APART];
