//! Refusals and their problem codes.

use tradewind_data_plane::{BAD_GATEWAY, SLOW_REQUEST};
use tradewind_problem::Kind;

/// No route of the gateway leads there.
pub(crate) const NO_ROUTE: Kind =
    Kind { code: "no-route", status: 404, title: "No route leads to this address" };

/// The rule of a request leads to no service.
pub(crate) const NO_BACKEND: Kind =
    Kind { code: "no-backend", status: 500, title: "The route leads to no service" };

/// The path can be read in more than one way.
pub(crate) const AMBIGUOUS_PATH: Kind =
    Kind { code: "ambiguous-path", status: 400, title: "The path can be read in more than one way" };

/// Somebody asks more often than a policy lets them.
pub(crate) const TOO_MANY_REQUESTS: Kind =
    Kind { code: "too-many-requests", status: 429, title: "Too many requests" };

/// The head of the request is not what RFC 9112 asks for; the code of the problem says what is wrong.
pub(crate) const BAD_HEAD: Kind =
    Kind { code: "bad-request-head", status: 400, title: "The head of the request is not valid" };

/// The kinds of problem besides the platform's.
pub(crate) const KINDS: &[Kind] =
    &[NO_ROUTE, NO_BACKEND, AMBIGUOUS_PATH, TOO_MANY_REQUESTS, BAD_HEAD, BAD_GATEWAY, SLOW_REQUEST];
