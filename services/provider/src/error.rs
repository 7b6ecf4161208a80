//! Refusals and their problem codes; the kinds of its own are in the contract.

use tradewind_problem::{INVALID_BODY, INVALID_PARAMETER, NOT_FOUND, Problem};
use tradewind_provider_contract::{CHARGE_CANCELLED, CHARGE_NOT_AUTHORISED, REFUND_EXCEEDS_CAPTURE};

/// There is no such charge.
pub(crate) fn no_charge() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no charge with this reference.")
}

/// A field that does not fit. The text never repeats what was sent: it may be the number of a card.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}

/// The page cannot be given.
pub(crate) fn page(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
}

/// The charge was called off, perhaps before it was asked for.
pub(crate) fn cancelled() -> Problem {
    Problem::new(&CHARGE_CANCELLED).detail("This charge was cancelled. Ask for another one.")
}

/// There is nothing held that could be moved.
pub(crate) fn not_authorised() -> Problem {
    Problem::new(&CHARGE_NOT_AUTHORISED)
        .detail("No money is held for this charge: it is unknown, declined or cancelled.")
}

/// The charge was asked for with another amount or card.
pub(crate) fn other_charge() -> Problem {
    field("", "this charge was asked for with another amount or card; give another one a new reference")
}

/// The refund was made with another amount.
pub(crate) fn other_refund() -> Problem {
    field("/amount", "this refund was made with another amount; give another one a new id")
}

/// More would be given back than was taken.
pub(crate) fn exceeds() -> Problem {
    Problem::new(&REFUND_EXCEEDS_CAPTURE)
        .detail("That is more than what was captured and has not been given back.")
}
