//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const CURSOR_APART: Mutant = Mutant::new(
    "events.cursor.apart",
    "The cursor moves in a transaction of its own after that of the effects.",
    Catcher::Simulation,
);

pub(crate) const CURSOR_FIRST: Mutant = Mutant::new(
    "events.cursor.first",
    "The cursor moves in a transaction of its own before that of the effects.",
    Catcher::Simulation,
);

pub(crate) const LAST_SKIPPED: Mutant = Mutant::new(
    "events.batch.last-skipped",
    "The last of several events that were read together is not handled, and the cursor passes it.",
    Catcher::Simulation,
);

pub(crate) const BATCH_REVERSED: Mutant = Mutant::new(
    "events.batch.reversed",
    "Events that were read together are handled in reverse.",
    Catcher::Simulation,
);

pub(crate) const LAST_AGAIN: Mutant = Mutant::new(
    "events.start.last-again",
    "Each start handles the last event of the life before once more.",
    Catcher::Simulation,
);

pub(crate) const GIVES_UP: Mutant = Mutant::new(
    "events.runner.gives-up",
    "A subscription ends for good after six failures in a row.",
    Catcher::Simulation,
);

pub(crate) const PARKED_AT_ONCE: Mutant = Mutant::new(
    "events.attempts.parked-at-once",
    "An event during which the process ended is parked without another attempt.",
    Catcher::Simulation,
);

pub(crate) const NOBODY_WOKEN: Mutant = Mutant::new(
    "events.announce.nobody-woken",
    "A commit that announces something wakes no reader of the log.",
    Catcher::Simulation,
);

pub(crate) const EVERYBODYS_TURN: Mutant = Mutant::new(
    "events.turn.everybodys",
    "Every replica takes its turn for given and moves the cursor wherever it stands.",
    Catcher::Simulation,
);

pub(crate) const GAP_PASSED_OVER: Mutant = Mutant::new(
    "events.settled.gap-passed-over",
    "A reader does not wait for the transactions that may fill a gap of the log.",
    Catcher::Race,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[
    CURSOR_APART,
    CURSOR_FIRST,
    LAST_SKIPPED,
    BATCH_REVERSED,
    LAST_AGAIN,
    GIVES_UP,
    PARKED_AT_ONCE,
    NOBODY_WOKEN,
    EVERYBODYS_TURN,
    GAP_PASSED_OVER,
];
