//! Refusals and their problem codes.

use tradewind_problem::{INVALID_BODY, Kind, NOT_FOUND, Problem};

/// An order has no credit reserved for which an invoice could be written.
pub(crate) const NO_CREDIT_RESERVED: Kind =
    Kind { code: "no-credit-reserved", status: 409, title: "No credit is reserved for the order" };

/// The kinds of problem besides the platform's.
pub(crate) const KINDS: &[Kind] = &[NO_CREDIT_RESERVED];

/// An order has no credit reserved for which an invoice could be written.
pub(crate) fn no_credit_reserved() -> Problem {
    Problem::new(&NO_CREDIT_RESERVED).detail(
        "The reservation was released or has expired, and the limit has no room. Place the order anew.",
    )
}

/// There is no account for this customer.
pub(crate) fn no_account() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no account for this customer.")
}

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}
