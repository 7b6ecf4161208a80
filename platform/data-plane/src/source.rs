//! Where the body of a request comes from, and what can go wrong on its way.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tradewind_http_validation::head::Refusal;

use crate::copied::Feeds;

/// Where the body of a request comes from.
pub(crate) trait Source {
    /// Appends some more of it; false once there is no more.
    fn poll_more(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<Result<bool, Broken>>;

    /// The same as a piece of its own; none once there is no more.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        let mut piece = Vec::new();
        let has_more = ready!(self.poll_more(context, &mut piece))?;
        Poll::Ready(Ok(has_more.then(|| piece.into())))
    }

    /// The answer has begun: nothing may be said to the client before it any more.
    fn answer_begins(&mut self);

    /// Whether something may be said to the client now: false within an invitation to send the body.
    fn may_interrupt(&self) -> bool {
        true
    }

    /// Bytes of the body that were taken so far.
    fn taken(&self) -> u64;

    /// Whether all of the body was taken.
    fn has_ended(&self) -> bool;

    /// The fields behind it, once it has ended.
    fn trailers(&self) -> &[u8];

    /// What is taken from now on is put into these, too. Nothing was taken yet.
    fn copy_to(&mut self, feeds: Feeds) {
        let _ = feeds;
    }
}

/// Why the body of a request cannot be had.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The client has gone, or its connection is broken.
    Gone,
    /// What it sends is no body.
    Refused(Refusal),
    /// It sends more than it may.
    TooLarge(u64),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client's part.
    Client(Broken),
    /// The connection ended before a byte of the answer had come.
    Untouched(io::Error),
    /// The connection ended within the answer.
    Partly,
    /// What came is no answer.
    Malformed(Refusal),
    /// More interim answers than anybody needs.
    Interim,
    /// The endpoint says that it has not looked at the request; whether that is since it closes the connection.
    Unprocessed { is_closing: bool },
}
