//! What goes to an endpoint on a stream of HTTP/2.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};

use crate::message::trailers::{self, Trailers};
use crate::source::{Broken, Source};

/// The body of a request, and the stream that it goes to.
///
/// A piece is taken from the source only when the one before has gone, and goes only as far as the endpoint has opened
/// its window: who sends too fast waits.
pub(crate) struct StreamUpload<S> {
    pub(crate) source: S,
    stream: SendStream<Bytes>,
    pending: Bytes,
    /// What was taken so far, to send it again; none where it is too much.
    kept: Option<Vec<u8>>,
    most_kept: usize,
    pub(crate) moved: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    More,
    Whole,
    /// The endpoint takes no more. It may have answered all the same.
    Cut,
}

impl<S: Source> StreamUpload<S> {
    /// An upload of which `first` is here already. `is_whole`: the stream has ended with its head.
    pub(crate) fn new(
        source: S,
        stream: SendStream<Bytes>,
        first: Vec<u8>,
        (most_kept, is_whole): (usize, bool),
    ) -> Self {
        let pending = Bytes::copy_from_slice(&first);
        let state = if is_whole { State::Whole } else { State::More };
        Self { source, stream, pending, kept: Some(first), most_kept, moved: 0, state }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.state == State::Whole
    }

    /// The answer has begun: nothing is sent again.
    pub(crate) fn keep_no_more(&mut self) -> Vec<u8> {
        self.most_kept = 0;
        self.kept.take().unwrap_or_default()
    }

    pub(crate) fn take_back(self) -> (Option<Vec<u8>>, S) {
        (self.kept, self.source)
    }

    /// Sends until there is nothing to send or the endpoint takes no more for now.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        while self.state == State::More {
            if !self.pending.is_empty() {
                ready!(self.poll_send(context));
            } else if self.source.has_ended() {
                self.end();
            } else if let Some(piece) = ready!(self.source.poll_piece(context))? {
                self.keep(&piece);
                self.pending = piece;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Resets the stream: what was sent of the request is not to be taken for all of it.
    pub(crate) fn cut(&mut self) {
        self.stream.send_reset(Reason::CANCEL);
        self.state = State::Cut;
    }

    fn keep(&mut self, piece: &[u8]) {
        match &mut self.kept {
            Some(kept) if kept.len() + piece.len() <= self.most_kept => kept.extend_from_slice(piece),
            kept => *kept = None,
        }
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.stream.reserve_capacity(self.pending.len());
        while self.stream.capacity() == 0 {
            match ready!(self.stream.poll_capacity(context)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    self.state = State::Cut;
                    return Poll::Ready(());
                }
            }
        }
        let count = self.stream.capacity().min(self.pending.len());
        let piece = self.pending.split_to(count);
        let is_last = self.pending.is_empty() && self.source.has_ended() && self.source.trailers().is_empty();
        self.moved += count as u64;
        if self.stream.send_data(piece, is_last).is_err() {
            self.state = State::Cut;
        } else if is_last {
            self.state = State::Whole;
        }
        Poll::Ready(())
    }

    fn end(&mut self) {
        let ended = match trailers::map(Trailers::Section(self.source.trailers())) {
            Some(trailers) => self.stream.send_trailers(trailers),
            None => self.stream.send_data(Bytes::new(), true),
        };
        self.state = if ended.is_ok() { State::Whole } else { State::Cut };
    }
}
