//! An answer that is compressed on its way.

use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::compression::{Coding, Encoder};
use crate::exchange::Exchange;
use crate::source::{Failure, Source};

/// An exchange whose answer is compressed.
pub(crate) struct Compressed<S: Source + 'static> {
    pub(crate) inner: Exchange<S>,
    encoder: Encoder,
    /// What has come out of it, up to `taken` used up.
    out: Vec<u8>,
    taken: usize,
    /// Whether it has something that was not flushed.
    holds: bool,
    has_ended: bool,
    /// Held by each that there is, so that they can be counted.
    _place: Rc<()>,
}

impl<S: Source> Compressed<S> {
    pub(crate) fn new(inner: Exchange<S>, coding: Coding, place: Rc<()>) -> Self {
        let encoder = Encoder::new(coding);
        Self { inner, encoder, out: Vec::new(), taken: 0, holds: false, has_ended: false, _place: place }
    }

    /// Waits until some of what came out lies in front, and says how much; zero at its end.
    pub(crate) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        loop {
            if let Some(count) = self.data(context)? {
                return Poll::Ready(Ok(count));
            }
            let count = ready!(self.inner.poll_data(context))?;
            self.put(count);
        }
    }

    /// How much has come out already; zero at the end, none when more has to come in.
    pub(crate) fn data(&mut self, context: &mut Context<'_>) -> Result<Option<usize>, Failure> {
        while self.filled().is_empty() && !self.has_ended {
            match self.inner.data(context)? {
                Some(count) => self.put(count),
                // A client may be waiting for what has come so far, as an answer that goes on for long.
                None if std::mem::take(&mut self.holds) => {
                    self.encoder.flush();
                    self.encoder.take(&mut self.out);
                }
                None => return Ok(None),
            }
        }
        Ok(Some(self.filled().len()))
    }

    /// Puts data from the front of the exchange in; none is the end.
    fn put(&mut self, count: usize) {
        if count == 0 {
            self.encoder.end();
            self.has_ended = true;
        } else {
            self.encoder.write(self.inner.filled().get(..count).unwrap_or_default());
            self.inner.consume(count);
        }
        self.holds = count > 0;
        self.encoder.take(&mut self.out);
    }

    pub(crate) fn filled(&self) -> &[u8] {
        self.out.get(self.taken..).unwrap_or_default()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.taken = self.out.len().min(self.taken + count);
        if self.taken == self.out.len() {
            self.out.clear();
            self.taken = 0;
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended && self.filled().is_empty()
    }
}
