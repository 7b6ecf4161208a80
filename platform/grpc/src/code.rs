//! Status codes, and the HTTP statuses of problems.

use tradewind_problem::{
    CONFLICT, DEADLINE_EXCEEDED, FORBIDDEN, IDEMPOTENCY_KEY_IN_FLIGHT, INTERNAL, INVALID_BODY,
    METHOD_NOT_ALLOWED, NOT_FOUND, Problem, UNAUTHENTICATED, UNAVAILABLE,
};

/// What became of a call (<https://grpc.io/docs/guides/status-codes/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of gRPC, which says what they mean")]
pub enum Code {
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl Code {
    /// All of them, by number.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The code of a number; [`Code::Unknown`] for one that nobody gave a meaning.
    #[must_use]
    pub fn of_number(number: u32) -> Self {
        Self::ALL.into_iter().find(|code| code.number() == number).unwrap_or(Self::Unknown)
    }

    /// The code that a problem is told with.
    ///
    /// Too large a message is an argument to change, so that [`Code::ResourceExhausted`] means one thing: ask for
    /// less. An object's state is [`Code::FailedPrecondition`], since the same call again would not help, while
    /// [`Code::Aborted`] is a first call with the same key that is still under way.
    #[must_use]
    pub fn of(problem: &Problem) -> Self {
        match problem.status() {
            400 | 413 | 422 => Self::InvalidArgument,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            405 | 415 | 501 => Self::Unimplemented,
            409 if problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT) => Self::Aborted,
            410 => Self::OutOfRange,
            429 => Self::ResourceExhausted,
            502 | 503 => Self::Unavailable,
            504 => Self::DeadlineExceeded,
            400..=499 => Self::FailedPrecondition,
            _ => Self::Internal,
        }
    }

    /// The problem that stands for the code of a peer that says no more; `None` for [`Code::Ok`].
    pub(crate) fn problem(self) -> Option<Problem> {
        let kind = match self {
            Self::Ok => return None,
            Self::ResourceExhausted => {
                return Some(Problem::given("too-many-requests", "The peer asks for less", 429));
            }
            Self::InvalidArgument | Self::OutOfRange => &INVALID_BODY,
            Self::DeadlineExceeded => &DEADLINE_EXCEEDED,
            Self::NotFound => &NOT_FOUND,
            Self::PermissionDenied => &FORBIDDEN,
            Self::AlreadyExists | Self::FailedPrecondition | Self::Aborted => &CONFLICT,
            // It works, and has no such method: nothing that a breaker should hear of.
            Self::Unimplemented => &METHOD_NOT_ALLOWED,
            Self::Unavailable => &UNAVAILABLE,
            Self::Unauthenticated => &UNAUTHENTICATED,
            Self::Cancelled | Self::Unknown | Self::Internal | Self::DataLoss => &INTERNAL,
        };
        Some(Problem::new(kind))
    }
}

#[cfg(test)]
mod tests {
    use tradewind_problem::PLATFORM;

    use super::*;

    #[test]
    fn numbers_and_codes_are_each_others() {
        for (number, code) in (0..).zip(Code::ALL) {
            assert_eq!((code.number(), Code::of_number(number)), (number, code));
        }
        assert_eq!(Code::of_number(17), Code::Unknown);
    }

    #[test]
    fn every_problem_of_the_platform_is_told_as_the_guide_says() {
        let told = |kind| format!("{:?}", Code::of(&Problem::new(kind)));
        let table: Vec<String> =
            PLATFORM.iter().map(|kind| format!("{} {}", kind.code, told(kind))).collect();
        let expected = [
            "malformed-json InvalidArgument",
            "invalid-parameter InvalidArgument",
            "invalid-header InvalidArgument",
            "invalid-body InvalidArgument",
            "unauthenticated Unauthenticated",
            "forbidden PermissionDenied",
            "not-found NotFound",
            "method-not-allowed Unimplemented",
            "unsupported-media-type Unimplemented",
            "conflict FailedPrecondition",
            "idempotency-key-in-flight Aborted",
            "events-pruned OutOfRange",
            "payload-too-large InvalidArgument",
            "internal Internal",
            "unavailable Unavailable",
            "deadline-exceeded DeadlineExceeded",
        ];
        for line in expected {
            assert!(table.iter().any(|told| told == line), "{line} in {table:?}");
        }
    }

    /// What the policies make of a peer that speaks only in codes.
    #[test]
    fn a_code_alone_says_whether_the_peer_failed() {
        let failing =
            Code::ALL.into_iter().filter(|code| code.problem().is_some_and(|p| p.is_server_fault()));
        let expected = [
            Code::Cancelled,
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::Internal,
            Code::Unavailable,
            Code::DataLoss,
        ];
        assert_eq!(failing.collect::<Vec<_>>(), expected);
        assert_eq!(Code::ResourceExhausted.problem().unwrap().status(), 429);
        assert_eq!(Code::Ok.problem(), None);
    }
}
