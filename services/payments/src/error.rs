//! Refusals and their problem codes.

use std::fmt;

use tradewind_problem::{FORBIDDEN, INVALID_BODY, Kind, NOT_FOUND, Problem};

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
