//! Refusals and their problem codes; the kinds of its own are in the contract.

use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_BODY, INVALID_PARAMETER, NOT_FOUND, Problem};
use tradewind_webhooks_contract::{
    ADDRESS_REFUSED, ENDPOINT_DISABLED, MAX_ENDPOINTS, MAX_SECRETS, TOO_MANY, UNKNOWN_TYPE,
};

/// There is no such endpoint.
pub(crate) fn no_endpoint() -> Problem {
    Problem::new(&NOT_FOUND).detail("There is no such endpoint.")
}

/// The endpoint has no such delivery.
pub(crate) fn no_delivery() -> Problem {
    Problem::new(&NOT_FOUND).detail("The endpoint has no delivery of this event.")
}

/// Who asks does not work here.
pub(crate) fn not_staff() -> Problem {
    Problem::new(&FORBIDDEN).detail("Endpoints are looked after by staff.")
}

/// A field that does not fit.
pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Problem {
    Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.").error(pointer, detail.into())
}

/// A query parameter that does not fit.
pub(crate) fn parameter(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
}

/// The address is none, or none that is called.
pub(crate) fn address(reason: impl Into<String>) -> Problem {
    Problem::new(&ADDRESS_REFUSED)
        .detail("Nothing is sent to this address; see errors.")
        .error("/url", reason.into())
}

/// Nobody tells events of this type to other systems.
pub(crate) fn unknown_type(at: usize, known: &str) -> Problem {
    Problem::new(&UNKNOWN_TYPE)
        .detail(format!("Public are: {known}."))
        .error(format!("/types/{at}"), "name a type of events that is public")
}

/// There is an endpoint with this id, of which something else was said.
pub(crate) fn other_endpoint() -> Problem {
    Problem::new(&CONFLICT)
        .detail("An endpoint with this id has another address, other types or another text. Take a new id.")
}

/// There is no room for one more endpoint.
pub(crate) fn too_many_endpoints() -> Problem {
    Problem::new(&TOO_MANY).detail(format!("There are {MAX_ENDPOINTS} endpoints. Remove one."))
}

/// There is no room for one more secret.
pub(crate) fn too_many_secrets() -> Problem {
    Problem::new(&TOO_MANY)
        .detail(format!("{MAX_SECRETS} secrets of this endpoint hold. Wait until one of them has ended."))
}

/// Nothing is sent there now.
pub(crate) fn disabled() -> Problem {
    Problem::new(&ENDPOINT_DISABLED).detail("The endpoint is disabled. Enable it first.")
}
