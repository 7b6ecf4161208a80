//! Refusals and their problem codes.

use tradewind_problem::{INVALID_BODY, INVALID_PARAMETER, Kind, Problem};

/// The kinds of problem besides the platform's: none.
pub(crate) const KINDS: &[Kind] = &[];

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail.into())
}

/// A query parameter that does not fit.
pub(crate) fn parameter(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
}
