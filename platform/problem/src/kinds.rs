//! The kinds of problem that the platform itself gives; services add their own.

use crate::Kind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        $($(#[$doc])* pub const $name: Kind = Kind { code: $code, status: $status, title: $title };)*

        /// Every kind above, for the documentation and its test.
        pub const PLATFORM: &[Kind] = &[$($name),*];
    };
}

kinds! {
    /// The body is not JSON.
    MALFORMED_JSON = "malformed-json", 400, "The body is not valid JSON";
    /// The body is JSON of another shape than the operation takes.
    INVALID_BODY = "invalid-body", 422, "The body does not fit the operation";
    /// A path or query parameter is missing, unknown or malformed.
    INVALID_PARAMETER = "invalid-parameter", 400, "A parameter is not valid";
    /// A request header is malformed or repeated.
    INVALID_HEADER = "invalid-header", 400, "A header is not valid";
    /// The operation needs an `Idempotency-Key`.
    IDEMPOTENCY_KEY_MISSING = "idempotency-key-missing", 400, "The Idempotency-Key header is missing";
    /// The `Idempotency-Key` is repeated, empty, too long or holds other characters than it may.
    IDEMPOTENCY_KEY_INVALID = "idempotency-key-invalid", 400, "The Idempotency-Key header is not valid";
    /// The `Idempotency-Key` was used before with another body.
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", 422, "The Idempotency-Key was used for another request";
    /// Nobody, or nobody valid, is named in `Authorization`.
    UNAUTHENTICATED = "unauthenticated", 401, "The request does not say who asks";
    /// Who asks may not do this.
    FORBIDDEN = "forbidden", 403, "The caller may not do this";
    /// A service of the fleet asks at an internal door that has nothing for it.
    UNDECLARED_CALLER = "undeclared-caller", 403, "The door does not take this caller";
    /// There is nothing at this address, or nothing that the caller may see.
    NOT_FOUND = "not-found", 404, "There is nothing here";
    /// The target exists and does not take this method.
    METHOD_NOT_ALLOWED = "method-not-allowed", 405, "The method is not allowed here";
    /// The object is in a state that does not allow the operation, or changed meanwhile.
    CONFLICT = "conflict", 409, "The object's state does not allow this";
    /// Events that the reader has not seen were removed from the log.
    EVENTS_PRUNED = "events-pruned", 410, "The events asked for are no longer kept";
    /// The first request with this `Idempotency-Key` is still being carried out.
    IDEMPOTENCY_KEY_IN_FLIGHT = "idempotency-key-in-flight", 409, "The first request with this Idempotency-Key is under way";
    /// Plain HTTP at a door that speaks TLS only.
    TLS_REQUIRED = "tls-required", 400, "This door speaks TLS";
    /// The body is larger than the operation takes.
    PAYLOAD_TOO_LARGE = "payload-too-large", 413, "The body is too large";
    /// The body's media type is not the one the operation takes.
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", 415, "The media type is not supported";
    /// Something unexpected happened inside.
    INTERNAL = "internal", 500, "Something went wrong on our side";
    /// The service, or one it needs, cannot answer now.
    UNAVAILABLE = "unavailable", 503, "The service cannot answer now";
    /// There is no queue for what was sent, because nobody who takes it has run yet.
    NO_RECEIVER = "no-receiver", 503, "Nobody takes what was sent";
    /// The answer was not ready within the time allowed.
    DEADLINE_EXCEEDED = "deadline-exceeded", 504, "The answer was not ready in time";
}
