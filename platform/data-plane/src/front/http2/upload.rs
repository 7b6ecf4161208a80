//! The body of a request of HTTP/2.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;

use crate::copied::Feeds;
use crate::message::field;
use crate::source::{Broken, Source};

/// The body of a request of HTTP/2.
///
/// The client may send as much more as was taken once the piece after it is asked for: one that is ahead of the backend
/// has to wait.
pub(crate) struct StreamBody {
    incoming: RecvStream,
    most: u64,
    taken: u64,
    /// What was taken last; the client does not know yet that it may send as much more.
    unreleased: usize,
    has_ended: bool,
    /// Field lines behind the body.
    trailers: Vec<u8>,
    feeds: Feeds,
}

impl StreamBody {
    pub(crate) fn new(incoming: RecvStream, most: u64) -> Self {
        let has_ended = incoming.is_end_stream();
        Self {
            incoming,
            most,
            taken: 0,
            unreleased: 0,
            has_ended,
            trailers: Vec::new(),
            feeds: Feeds::default(),
        }
    }

    fn release(&mut self) {
        let count = std::mem::take(&mut self.unreleased);
        if count > 0 {
            // It fails where more is released than came.
            let _ = self.incoming.flow_control().release_capacity(count);
        }
    }
}

impl Source for StreamBody {
    fn poll_more(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<Result<bool, Broken>> {
        let Some(piece) = ready!(self.poll_piece(context))? else { return Poll::Ready(Ok(false)) };
        into.extend_from_slice(&piece);
        Poll::Ready(Ok(true))
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        self.release();
        if self.has_ended {
            return Poll::Ready(Ok(None));
        }
        match ready!(self.incoming.poll_data(context)) {
            Some(Ok(data)) => {
                self.taken += data.len() as u64;
                if self.taken > self.most {
                    return Poll::Ready(Err(Broken::TooLarge(self.most)));
                }
                self.unreleased = data.len();
                self.has_ended = self.incoming.is_end_stream();
                self.feeds.push(&data);
                if self.has_ended {
                    self.feeds.end(&[]);
                    // Nobody may ask for another piece, and other streams have a use for the room.
                    self.release();
                }
                Poll::Ready(Ok(Some(data)))
            }
            Some(Err(_)) => Poll::Ready(Err(Broken::Gone)),
            None => {
                let Ok(trailers) = ready!(self.incoming.poll_trailers(context)) else {
                    return Poll::Ready(Err(Broken::Gone));
                };
                self.has_ended = true;
                trailers.iter().flatten().for_each(|(name, value)| {
                    field(name.as_str().as_bytes(), value.as_bytes(), &mut self.trailers);
                });
                self.feeds.end(&self.trailers);
                Poll::Ready(Ok(None))
            }
        }
    }

    fn answer_begins(&mut self) {}

    fn taken(&self) -> u64 {
        self.taken
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    fn copy_to(&mut self, feeds: Feeds) {
        self.feeds = feeds;
    }
}
