//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use tradewind_kernel::{Catcher, Mutant};

pub(crate) const REPLY_FORGOTTEN: Mutant = Mutant::new(
    "chassis.command.reply-forgotten",
    "The answer to a command is not kept for its key.",
    Catcher::Simulation,
);

pub(crate) const REPLY_APART: Mutant = Mutant::new(
    "chassis.command.reply-apart",
    "The answer to a command is kept in a transaction of its own after that of the command.",
    Catcher::Simulation,
);

pub(crate) const REFUSAL_FORGOTTEN: Mutant = Mutant::new(
    "chassis.command.refusal-forgotten",
    "A refusal is not kept for its key, so that the same key may succeed later.",
    Catcher::Simulation,
);

pub(crate) const FINGERPRINT_IGNORED: Mutant = Mutant::new(
    "chassis.command.fingerprint-ignored",
    "A key that was used with another body gets the answer to that one.",
    Catcher::Simulation,
);

pub(crate) const KEY_OF_EVERYBODY: Mutant = Mutant::new(
    "chassis.command.key-of-everybody",
    "The scope of a key leaves out who sent it.",
    Catcher::Simulation,
);

pub(crate) const PLACE_KEPT: Mutant = Mutant::new(
    "chassis.command.place-kept",
    "The place of a command that is carried out is never free again.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] =
    &[REPLY_FORGOTTEN, REPLY_APART, REFUSAL_FORGOTTEN, FINGERPRINT_IGNORED, KEY_OF_EVERYBODY, PLACE_KEPT];
