//! Refusals and their problem codes.

use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_BODY, INVALID_PARAMETER, Kind, NOT_FOUND, Problem};

/// The kinds of problem besides the platform's: none.
pub(crate) const KINDS: &[Kind] = &[];

/// There is no such mail.
pub(crate) fn no_mail() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no such mail, or not any more.")
}

/// There is no mailbox, or none for whoever asks.
pub(crate) fn no_mailbox() -> Problem {
    Problem::new(&NOT_FOUND).detail(
        "There is no mailbox here: mails are sent by SMTP, or the mailbox is asked from another machine. \
         It is open to the machine that it is on, at http://localhost and the port.",
    )
}

/// Who asks does not work here.
pub(crate) fn not_staff() -> Problem {
    Problem::new(&FORBIDDEN).detail("Mails are looked after by staff.")
}

/// The mail was sent.
pub(crate) fn sent() -> Problem {
    Problem::new(&CONFLICT).detail("The mail was sent. It is not sent twice.")
}

/// Nothing is kept of the mail that could be sent.
pub(crate) fn erased() -> Problem {
    Problem::new(&CONFLICT).detail("The person whom the mail was for was erased, and with them what it said.")
}

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail.into())
}

/// A query parameter that does not fit.
pub(crate) fn parameter(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
}
