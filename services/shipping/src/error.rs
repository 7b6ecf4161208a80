//! Refusals and their problem codes; the kinds of its own are in the contract.

use tradewind_problem::{CONFLICT, INVALID_BODY, NOT_FOUND, Problem};
use tradewind_shipping_contract::{SHIPMENT_CANCELLED, SHIPMENT_HANDED_OVER};

/// There is no such shipment, or it belongs to somebody else.
pub(crate) fn no_shipment() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no shipment of this order.")
}

/// A field that does not fit.
pub(crate) fn field(pointer: impl Into<String>, detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail)
}

/// It was called off, perhaps before it was booked.
pub(crate) fn cancelled() -> Problem {
    Problem::new(&SHIPMENT_CANCELLED).detail("The shipment of this order was cancelled.")
}

/// The carrier has it.
pub(crate) fn handed_over() -> Problem {
    Problem::new(&SHIPMENT_HANDED_OVER)
        .detail("The carrier has the goods. They can come back only from the customer.")
}

/// It was booked with something else in it.
pub(crate) fn other_shipment() -> Problem {
    field("", "the shipment of this order was booked for another customer or with other lines")
}

/// The carrier cannot deliver what it has not got.
pub(crate) fn not_handed_over() -> Problem {
    Problem::new(&CONFLICT).detail("The carrier has not got the goods yet. Hand them over first.")
}
