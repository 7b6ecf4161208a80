//! What a client is told that gets no answer of a backend.

use http::{HeaderValue, header};
use tradewind_problem::{DEADLINE_EXCEEDED, PAYLOAD_TOO_LARGE, UNAVAILABLE};

use crate::answer::{Answer, BAD_GATEWAY, SLOW_REQUEST};
use crate::attempt::Stopped;
use crate::message::request_map::Unfit;
use crate::source::{Broken, Failure};
use crate::upstream::cluster::Nobody;
use crate::upstream::room::Reached;

pub(super) fn nobody(nobody: Nobody) -> Stopped {
    let answer = match nobody {
        Nobody::Empty => Answer::problem(&UNAVAILABLE, "No instance of the service behind is there.")
            .because("no-endpoint"),
        Nobody::Busy => Answer::problem(&UNAVAILABLE, "The service behind has as much to do as it can.")
            .because("overloaded"),
        Nobody::Full(reached) => full(reached),
    };
    Stopped::Answer(answer.header(header::RETRY_AFTER, HeaderValue::from_static("1")))
}

/// A bound over all endpoints was reached.
fn full(reached: Reached) -> Answer {
    let (reason, detail) = match reached {
        Reached::Requests => ("too-many-under-way", "The service behind has as much to do as it may have."),
        Reached::Connections => {
            ("no-connection-free", "No connection to the service behind was free in time.")
        }
        Reached::Pending => ("too-many-pending", "As many requests as may wait for the service behind do."),
    };
    Answer::problem(&UNAVAILABLE, detail).because(reason)
}

pub(super) fn unfit(part: Unfit) -> Stopped {
    Stopped::Answer(match part {
        Unfit::Method => Answer::bad_head(501, "method-not-supported", "The method cannot be passed on."),
        Unfit::Target => Answer::bad_head(400, "bad-target", "The target cannot be passed on."),
        Unfit::Host => Answer::bad_head(400, "bad-host", "The host cannot be passed on."),
    })
}

pub(super) fn too_large(most: u64) -> Answer {
    Answer::problem(&PAYLOAD_TOO_LARGE, &format!("The body must not exceed {most} bytes."))
}

pub(super) fn slow_body() -> Stopped {
    Stopped::Answer(Answer::problem(&SLOW_REQUEST, "The body of the request took too long to come."))
}

pub(super) fn slow_answer() -> Answer {
    Answer::problem(&DEADLINE_EXCEEDED, "The service behind took longer than the route lets it.")
        .because("upstream-timeout")
}

pub(super) fn unreachable(error: &std::io::Error) -> Answer {
    match error.kind() {
        std::io::ErrorKind::TimedOut => slow_answer(),
        _ => Answer::problem(&BAD_GATEWAY, "The service behind cannot be reached.")
            .because("upstream-unreachable"),
    }
}

pub(super) fn stopped_by(broken: Broken) -> Stopped {
    match broken {
        Broken::Gone => Stopped::Gone,
        Broken::Refused(refusal) => Stopped::Answer(Answer::refusal(&refusal)),
        Broken::TooLarge(most) => Stopped::Answer(too_large(most)),
    }
}

pub(super) fn stopped_by_failure(failure: Failure) -> Stopped {
    let (reason, detail) = match failure {
        Failure::Client(broken) => return stopped_by(broken),
        Failure::Untouched(error) => {
            tracing::debug!(%error, "a backend closed a connection without an answer");
            ("upstream-reset", "The service behind closed the connection.")
        }
        Failure::Unprocessed { .. } => ("upstream-reset", "The service behind has refused the request."),
        Failure::Partly => ("upstream-reset", "The service behind broke off within its answer."),
        Failure::Malformed(refusal) => {
            tracing::warn!(reason = %refusal, "a backend gave an answer that is none");
            ("upstream-malformed", "The service behind gave an answer that has no clear meaning.")
        }
        Failure::Interim => ("upstream-malformed", "The service behind gave too many interim answers."),
    };
    Stopped::Answer(Answer::problem(&BAD_GATEWAY, detail).because(reason))
}
