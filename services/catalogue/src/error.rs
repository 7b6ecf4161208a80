//! Refusals and their problem codes.

use tradewind_problem::{INVALID_BODY, Kind, NOT_FOUND, Problem};

/// The kinds of problem besides the platform's: none.
pub(crate) const KINDS: &[Kind] = &[];

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}

/// There is no such product.
pub(crate) fn no_product() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no product with this id.")
}
