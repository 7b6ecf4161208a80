//! Mistakes in what an order decides, made when somebody plants them: see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const REOPENS: Mutant = Mutant::new(
    "orders.order.reopens",
    "An order that was rejected takes answers as if it were new.",
    Catcher::Simulation,
);

pub(crate) const ONE_ANSWER_OPENS: Mutant = Mutant::new(
    "orders.order.one-answer-opens",
    "An order opens as soon as its credit is confirmed, whatever stock says.",
    Catcher::Simulation,
);

pub(crate) const LATE_REFUSAL: Mutant = Mutant::new(
    "orders.order.late-refusal",
    "A refusal that comes too late rejects an order that is open.",
    Catcher::Simulation,
);

pub(crate) const LOSS_IGNORED: Mutant = Mutant::new(
    "orders.order.loss-ignored",
    "An open order stays open although what it had reserved is lost.",
    Catcher::Simulation,
);
