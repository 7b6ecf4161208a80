//! Refusals and their problem codes.

use tradewind_problem::{CONFLICT, INVALID_BODY, Kind, NOT_FOUND, Problem};

/// An order has nothing reserved that could be picked.
pub(crate) const NOTHING_RESERVED: Kind =
    Kind { code: "nothing-reserved", status: 409, title: "Nothing is reserved for the order" };

/// The kinds of problem besides the platform's.
pub(crate) const KINDS: &[Kind] = &[NOTHING_RESERVED];

/// An order has nothing reserved that could be picked.
pub(crate) fn nothing_reserved() -> Problem {
    Problem::new(&NOTHING_RESERVED).detail(
        "The reservation was released or has expired, and what it held is gone. Place the order anew.",
    )
}

/// No such product is kept here.
pub(crate) fn no_item() -> Problem {
    Problem::new(&NOT_FOUND).detail("No product with this id is kept in stock.")
}

/// The message of a gRPC call does not fit; what is wrong with it is added.
pub(crate) fn invalid_message() -> Problem {
    Problem::new(&INVALID_BODY).detail("The message does not fit; see the field violations.")
}

/// A field of the message of a gRPC call does not fit.
pub(crate) fn invalid(pointer: &str, detail: &str) -> Problem {
    invalid_message().error(pointer, detail)
}

/// The quantity of a receipt lies outside its bounds.
pub(crate) fn receipt_quantity() -> Problem {
    Problem::new(&INVALID_BODY)
        .detail("The body does not fit; see errors.")
        .error("/quantity", "a receipt has a quantity from 1 to 1000000")
}

/// The delivery note was booked with another quantity.
pub(crate) fn other_quantity() -> Problem {
    Problem::new(&CONFLICT)
        .detail("This delivery note was booked with another quantity of the product. Correct one of them.")
}
