//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const TAKEN_UNCHECKED: Mutant = Mutant::new(
    "stock.reserve.unchecked",
    "Goods are reserved without looking whether there are enough.",
    Catcher::Simulation,
);

pub(crate) const PART_KEPT: Mutant = Mutant::new(
    "stock.reserve.part-kept",
    "What was taken of an order that is refused for another line is not put back.",
    Catcher::Simulation,
);

pub(crate) const REFUSAL_UNTOLD: Mutant = Mutant::new(
    "stock.reserve.refusal-untold",
    "Nobody is told that there is not enough.",
    Catcher::Simulation,
);

pub(crate) const CONFIRM_FORGOTTEN: Mutant = Mutant::new(
    "stock.confirm.forgotten",
    "The reservation of an order that opens is not confirmed.",
    Catcher::Simulation,
);

pub(crate) const RELEASE_FORGOTTEN: Mutant = Mutant::new(
    "stock.release.forgotten",
    "What an order held that ends is not released.",
    Catcher::Simulation,
);

pub(crate) const RELEASED_TWICE: Mutant = Mutant::new(
    "stock.release.twice",
    "A reservation that has expired is put back once more when its order ends.",
    Catcher::Simulation,
);

pub(crate) const REVIVED_UNTAKEN: Mutant = Mutant::new(
    "stock.confirm.revived-untaken",
    "A reservation that has expired is confirmed without taking the goods again.",
    Catcher::Simulation,
);

pub(crate) const EXPIRED_KEPT: Mutant = Mutant::new(
    "stock.expire.goods-kept",
    "Goods whose reservation expires are not put back.",
    Catcher::Simulation,
);

pub(crate) const PICKED_KEPT: Mutant = Mutant::new(
    "stock.put-back.picked-kept",
    "What was picked for an order that is called off is not put back.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[
    TAKEN_UNCHECKED,
    PART_KEPT,
    REFUSAL_UNTOLD,
    CONFIRM_FORGOTTEN,
    RELEASE_FORGOTTEN,
    RELEASED_TWICE,
    REVIVED_UNTAKEN,
    EXPIRED_KEPT,
    PICKED_KEPT,
];
