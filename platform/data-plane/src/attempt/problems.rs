//! What a client is told that gets no answer of a backend.

use http::{HeaderValue, header};

use crate::answer::Answer;
use crate::attempt::Stopped;
use crate::message::request_map::Unfit;
use crate::source::{Broken, Failure};
use crate::upstream::cluster::Nobody;

pub(super) fn nobody(nobody: Nobody) -> Stopped {
    let answer = match nobody {
        Nobody::Empty => Answer::problem(503, "no-endpoint", "No instance of the service behind is there."),
        Nobody::Busy => Answer::problem(503, "overloaded", "The service behind has as much to do as it can."),
    };
    Stopped::Answer(answer.header(header::RETRY_AFTER, HeaderValue::from_static("1")))
}

pub(super) fn unfit(part: Unfit) -> Stopped {
    Stopped::Answer(match part {
        Unfit::Method => Answer::problem(501, "method-not-supported", "The method cannot be passed on."),
        Unfit::Target => Answer::problem(400, "bad-target", "The target cannot be passed on."),
        Unfit::Host => Answer::problem(400, "bad-host", "The host cannot be passed on."),
    })
}

pub(super) fn too_large(most: u64) -> Answer {
    Answer::problem(413, "body-too-large", &format!("The body must not exceed {most} bytes."))
}

pub(super) fn slow_body() -> Stopped {
    Stopped::Answer(Answer::problem(408, "slow-request", "The body of the request took too long to come."))
}

pub(super) fn slow_answer() -> Answer {
    Answer::problem(504, "upstream-timeout", "The service behind took longer than the route lets it.")
}

pub(super) fn unreachable(error: &std::io::Error) -> Answer {
    match error.kind() {
        std::io::ErrorKind::TimedOut => slow_answer(),
        _ => Answer::problem(502, "upstream-unreachable", "The service behind cannot be reached."),
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
    let (code, detail) = match failure {
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
    Stopped::Answer(Answer::problem(502, code, detail))
}
