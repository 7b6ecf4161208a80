//! Refusals and their problem codes.

use std::fmt;

use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_BODY, Kind, NOT_FOUND, Problem};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Kind = Kind { code: $code, status: $status, title: $title };)*

        /// The kinds of problem besides the platform's.
        pub(crate) const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    /// There is nothing that could be taken.
    PAYMENT_NOT_AUTHORISED = "payment-not-authorised", 409, "The payment is not authorised";
    /// It is not known yet whether the amount was taken.
    PAYMENT_IN_PROGRESS = "payment-in-progress", 503, "The payment is in progress";
    /// There is nothing that could be given back.
    PAYMENT_NOT_CAPTURED = "payment-not-captured", 409, "The payment was not captured";
    /// More is to be given back than was taken.
    REFUND_EXCEEDS_CAPTURE = "refund-exceeds-capture", 409, "The refund exceeds what was captured";
    /// A request of the order waits to be decided, or this one was for something else.
    REFUND_ALREADY_ASKED = "refund-already-asked", 409, "A refund was asked for already";
    /// It was granted or refused, and stays so.
    REFUND_REQUEST_DECIDED = "refund-request-decided", 409, "The request was decided";
    /// The token is none of a card; the reason of a payment that was declined.
    UNKNOWN_CARD = "unknown-card", 422, "The card is not known";
}

/// There is no such payment, or it belongs to somebody else.
pub(crate) fn no_payment() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no payment by card for this order.")
}

/// Only staff gives money back.
pub(crate) fn for_staff() -> Problem {
    Problem::new(&FORBIDDEN).detail("Only staff can give money back.")
}

/// The amount of a refund makes no sense.
pub(crate) fn amount(detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error("/amount", detail)
}

/// What is said of why makes no sense.
pub(crate) fn reason(detail: &str) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error("/reason", detail)
}

/// There is no such request.
pub(crate) fn no_request() -> Problem {
    Problem::new(&NOT_FOUND).detail("Nothing was asked back for this order under this number.")
}

/// One request is decided before the next is made.
pub(crate) fn already_asked() -> Problem {
    Problem::new(&REFUND_ALREADY_ASKED)
        .detail("A request of this order waits to be decided, or this one was for something else.")
}

/// Requests are numbered without a gap.
pub(crate) fn other_number(next: usize) -> Problem {
    Problem::new(&CONFLICT).detail(format!("The next request of this order has the number {next}."))
}

/// What was decided stays so.
pub(crate) fn decided() -> Problem {
    Problem::new(&REFUND_REQUEST_DECIDED).detail("The request was granted or refused. Look at it again.")
}

/// It is not known yet whether the amount was taken.
pub(crate) fn in_progress() -> Problem {
    Problem::new(&PAYMENT_IN_PROGRESS).detail("The provider has not answered yet. Ask again.")
}

/// There is nothing that could be taken.
pub(crate) fn not_authorised() -> Problem {
    Problem::new(&PAYMENT_NOT_AUTHORISED)
        .detail("The payment was declined or released, or nobody has asked for it yet.")
}

/// What was given for a card is none.
pub(crate) fn no_card(_: impl fmt::Display) -> Problem {
    Problem::new(&UNKNOWN_CARD).detail("This is no token of a card. Enter the card anew.")
}
