//! Refusals and their problem codes; the kinds of its own are in the contract.

use tradewind_problem::{
    FORBIDDEN, INVALID_HEADER, INVALID_PARAMETER, NOT_FOUND, Problem, UNAVAILABLE, UNSUPPORTED_MEDIA_TYPE,
};
use tradewind_storage_contract::{CONTENT_REFUSED, PRECONDITION_FAILED, RANGE_NOT_SATISFIABLE, STORAGE_FULL};

/// There is no such object.
pub(crate) fn no_object() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no object with this name.")
}

/// Who asks does not work here.
pub(crate) fn not_staff() -> Problem {
    Problem::new(&FORBIDDEN).detail("Objects are looked after by staff.")
}

/// A query parameter that does not fit.
pub(crate) fn parameter(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
}

/// A header that cannot be read, or has no place here.
pub(crate) fn header(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_HEADER).detail("A header is not valid; see errors.").error(name, detail)
}

/// The object is in another state than the request is meant for.
pub(crate) fn other_state() -> Problem {
    Problem::new(&PRECONDITION_FAILED)
        .detail("The object is not in the state that the request names. Read it again, and decide anew.")
}

/// The object has no such bytes.
pub(crate) fn no_bytes(size: u64) -> Problem {
    Problem::new(&RANGE_NOT_SATISFIABLE).detail(format!("The object has {size} bytes. Ask for some of them."))
}

/// The media type is none that is kept.
pub(crate) fn media_type(kept: &str) -> Problem {
    Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(format!("Kept are: {kept}."))
}

/// The content is encoded for the way.
pub(crate) fn encoded() -> Problem {
    Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail("Send the bytes as they are, without a Content-Encoding.")
}

/// The content is something else than it is said to be, or something that is not kept.
pub(crate) fn content(reason: &str) -> Problem {
    Problem::new(&CONTENT_REFUSED).detail(format!("The content is not kept: {reason}."))
}

/// There is no room.
pub(crate) fn full(objects: i64, bytes: i64) -> Problem {
    Problem::new(&STORAGE_FULL)
        .detail(format!("There is room for {objects} objects with {bytes} bytes in all. Remove some."))
}

/// It took so long that what had begun was cleaned up.
pub(crate) fn too_late() -> Problem {
    Problem::new(&UNAVAILABLE).detail("It took too long. Send the request again.")
}
