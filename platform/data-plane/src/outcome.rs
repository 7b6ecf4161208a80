//! What came of a request.

use std::net::SocketAddr;
use std::time::Duration;

use tradewind_edge::trace::Traceparent;

/// What came of a request, for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The status that the client got; 499 when it had gone before there was an answer. Where a client that speaks gRPC
    /// got an answer that no backend gave, the status that any other client would have got.
    pub status: u16,
    /// Why the answer is not that of a backend, or why it is not whole; none where all is well.
    pub reason: Option<&'static str>,
    /// Bytes of the request's body that were taken.
    pub request_bytes: u64,
    /// Bytes of the answer's body that were given.
    pub response_bytes: u64,
    /// From the end of the request's head to the last byte of the answer.
    pub duration: Duration,
    /// The backend that was asked last, if any was.
    pub upstream: Option<Upstream>,
    /// How often a backend was asked.
    pub attempts: u32,
    /// The trace, with the span that the backend was given.
    pub trace: Traceparent,
}

/// The head of an answer has come from a backend.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// How long the backend alone was waited for: from the start of the attempt, or from the last byte of a request that
    /// came meanwhile, to the head.
    pub took: Duration,
    /// When it came, on the clock of [`Request::came`](crate::Request::came).
    pub at: Duration,
}

/// The part of a backend in a request.
#[derive(Debug, Clone, Copy)]
pub struct Upstream {
    /// Which one.
    pub address: SocketAddr,
    /// How long it took to have a connection; zero for one that was there.
    pub connected: Duration,
    /// From the start of the attempt to the head of the answer; none without an answer.
    pub answered: Option<Duration>,
}
