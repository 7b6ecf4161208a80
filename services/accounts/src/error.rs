//! Refusals and their problem codes.

use std::time::Duration;

use tradewind_accounts_contract::{EMAIL_TAKEN, PERSON_ERASED, TOO_MANY_ATTEMPTS};
use tradewind_problem::{FORBIDDEN, INVALID_BODY, Kind, NOT_FOUND, Problem};

/// The kinds of problem besides the platform's.
pub(crate) const KINDS: &[Kind] = &[EMAIL_TAKEN, PERSON_ERASED, TOO_MANY_ATTEMPTS];

/// A field of the body makes no sense.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}

/// There is no such account, or not any more.
pub(crate) fn no_account() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no such account, or not any more.")
}

/// Too much was tried.
pub(crate) fn too_many(wait: Duration) -> Problem {
    Problem::new(&TOO_MANY_ATTEMPTS).detail("Wait before you try again.").retry_after(wait)
}

/// The password that was to confirm something is another.
pub(crate) fn not_confirmed() -> Problem {
    Problem::new(&FORBIDDEN).detail("The password is not the one of the account.")
}
