//! Refusals and their problem codes.

use tradewind_problem::{INVALID_BODY, Kind, NOT_FOUND, Problem};

/// The kinds of problem besides the platform's: none.
pub(crate) const KINDS: &[Kind] = &[];

/// There is no account for this customer.
pub(crate) fn no_account() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no account for this customer.")
}

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}
