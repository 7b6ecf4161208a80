//! Refusals and their problem codes.

use tradewind_problem::{CONFLICT, INVALID_BODY, INVALID_PARAMETER, Kind, NOT_FOUND, Problem};

use crate::domain::{check, filter};

/// The kinds of problem besides the platform's: none.
pub(crate) const KINDS: &[Kind] = &[];

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}

/// A field that does not fit, as the domain found it.
pub(crate) fn misfit((pointer, detail): check::Misfit) -> Problem {
    field(&pointer, &detail)
}

/// A parameter that does not fit.
pub(crate) fn parameter((name, detail): filter::Misfit) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
}

/// There is no such product.
pub(crate) fn no_product() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no product with this id.")
}

/// Nothing of an import was sent yet.
pub(crate) fn no_import() -> Problem {
    Problem::new(&NOT_FOUND).detail("Nothing of this import was sent yet.")
}

/// Rows between what was sent and what comes now are missing.
pub(crate) fn gap(position: u64) -> Problem {
    Problem::new(&CONFLICT).detail(format!("Rows are missing: go on after row {position}."))
}
