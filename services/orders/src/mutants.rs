//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

use crate::domain::mutants as domain;

pub(crate) const ANNOUNCED_APART: Mutant = Mutant::new(
    "orders.place.announced-apart",
    "A new order is announced in a transaction of its own after that of its state.",
    Catcher::Simulation,
);

pub(crate) const VIEW_OF_FIRST: Mutant = Mutant::new(
    "orders.view.of-first",
    "Of several events that were decided together the view follows the first.",
    Catcher::Simulation,
);

pub(crate) const TOTAL_OF_LAST: Mutant = Mutant::new(
    "orders.total.of-last",
    "The total of an order is that of its last line.",
    Catcher::Simulation,
);

pub(crate) const SEEN_BY_ALL: Mutant = Mutant::new(
    "orders.show.seen-by-all",
    "A customer who asks for the order of another sees it.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[
    ANNOUNCED_APART,
    domain::REOPENS,
    domain::ONE_ANSWER_OPENS,
    domain::LATE_REFUSAL,
    domain::LOSS_IGNORED,
    VIEW_OF_FIRST,
    TOTAL_OF_LAST,
    SEEN_BY_ALL,
];
