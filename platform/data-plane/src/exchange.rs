//! One request to one endpoint, and its answer, whichever version of HTTP the endpoint speaks.

mod compressed;
pub(crate) mod over_http1;
pub(crate) mod over_http2;
mod stream_upload;

use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use tradewind_http_validation::head::ResponseFraming;

use crate::buffer::Buffers;
use crate::compression::{Coded, Compressing, Compression, Seen};
use crate::exchange::compressed::Compressed;
use crate::exchange::over_http1::OverHttp1;
use crate::exchange::over_http2::OverHttp2;
use crate::message::body::Body;
use crate::message::{trailers, trailers::Trailers};
use crate::request::Fields;
use crate::source::{Failure, Source};
use crate::timer::Moment;
use crate::upstream::busy::Busy;

/// One request under way to one endpoint.
pub(crate) enum Exchange<S: Source + 'static> {
    Http1(Box<OverHttp1<S>>),
    Http2(Box<OverHttp2<S>>),
    Compressed(Box<Compressed<S>>),
}

impl<S: Source + 'static> Exchange<S> {
    pub(crate) fn busy(&self) -> &Busy {
        match self {
            Self::Http1(exchange) => &exchange.busy,
            Self::Http2(exchange) => &exchange.busy,
            Self::Compressed(inner) => inner.inner.busy(),
        }
    }

    /// Sends, and waits for the head of the answer.
    pub(crate) fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        match self {
            Self::Http1(exchange) => exchange.poll_head(context),
            Self::Http2(exchange) => exchange.poll_head(context),
            Self::Compressed(inner) => inner.inner.poll_head(context),
        }
    }

    /// Whether something may be said to the client now.
    pub(crate) fn may_interrupt(&self) -> bool {
        match self {
            Self::Http1(exchange) => exchange.upload.source.may_interrupt(),
            Self::Http2(exchange) => exchange.may_interrupt(),
            Self::Compressed(inner) => inner.inner.may_interrupt(),
        }
    }

    /// Forgets an interim answer.
    pub(crate) fn skip_interim(&mut self) {
        if let Self::Http1(exchange) = self {
            exchange.skip_interim();
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Http1(exchange) => exchange.connection.reader.status(),
            Self::Http2(exchange) => exchange.status(),
            Self::Compressed(inner) => inner.inner.status(),
        }
    }

    /// The reason phrase of the answer; HTTP/2 has none.
    pub(crate) fn reason(&self) -> &[u8] {
        match self {
            Self::Http1(exchange) => exchange.connection.reader.reason(exchange.buffer.filled()),
            Self::Http2(_) => &[],
            Self::Compressed(inner) => inner.inner.reason(),
        }
    }

    /// The fields of the answer's head.
    pub(crate) fn fields(&self) -> Fields<'_> {
        match self {
            Self::Http1(exchange) => {
                Fields::Spans(exchange.connection.reader.fields(exchange.buffer.filled()))
            }
            Self::Http2(exchange) => Fields::Map(exchange.headers()),
            Self::Compressed(inner) => inner.inner.fields(),
        }
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        match self {
            Self::Http1(exchange) => exchange.connection.reader.content_length(),
            Self::Http2(exchange) => exchange.content_length(),
            Self::Compressed(_) => None,
        }
    }

    /// Where the body of the answer ends.
    pub(crate) fn framing(&self, to_head: bool) -> ResponseFraming {
        match self {
            Self::Http1(exchange) => exchange.connection.reader.framing(to_head),
            Self::Http2(exchange) => exchange.framing(to_head),
            Self::Compressed(_) => ResponseFraming::Chunked,
        }
    }

    /// The same with its answer compressed, where it is to be. Before the body is begun.
    pub(crate) fn coded(
        self,
        compression: Option<&Compression>,
        to_head: bool,
        compressing: &Compressing,
    ) -> (Coded, Self) {
        let Some(compression) = compression else { return (Coded::No, self) };
        let length = self.content_length();
        let seen = Seen { status: self.status(), fields: self.fields(), length, to_head };
        match compression.judge(&seen) {
            Coded::By(coding) => match compressing.place() {
                Some(place) => {
                    let compressed = Compressed::new(self, coding, place);
                    (Coded::By(coding), Self::Compressed(Box::new(compressed)))
                }
                None => (Coded::Varies, self),
            },
            plain => (plain, self),
        }
    }

    /// The head is used up, and what comes is the body. One longer than `usual` is read in greater steps.
    pub(crate) fn begin_body(&mut self, to_head: bool, usual: u64, buffers: &Buffers) {
        match self {
            Self::Http1(exchange) => {
                let framing = exchange.connection.reader.framing(to_head);
                exchange.buffer.consume(exchange.head);
                exchange.body = Body::of_answer(framing);
                if matches!(framing, ResponseFraming::Sized(size) if size > usual) {
                    buffers.enlarge_if_few(&mut exchange.buffer);
                }
            }
            Self::Http2(exchange) => exchange.begin_body(buffers),
            Self::Compressed(inner) => inner.inner.begin_body(to_head, usual, buffers),
        }
    }

    /// Waits until some of the answer's body lies in front, and says how much; zero at its end.
    pub(crate) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        match self {
            Self::Http1(exchange) => exchange.poll_data(context),
            Self::Http2(exchange) => exchange.poll_data(context),
            Self::Compressed(inner) => inner.poll_data(context),
        }
    }

    /// How much of the body lies in front already; zero at its end, none when more has to come.
    pub(crate) fn data(&mut self, context: &mut Context<'_>) -> Result<Option<usize>, Failure> {
        match self {
            Self::Http1(exchange) => exchange.data(),
            Self::Http2(exchange) => match exchange.poll_data(context) {
                Poll::Ready(count) => count.map(Some),
                Poll::Pending => Ok(None),
            },
            Self::Compressed(inner) => inner.data(context),
        }
    }

    /// What lies in front.
    pub(crate) fn filled(&self) -> &[u8] {
        match self {
            Self::Http1(exchange) => exchange.buffer.filled(),
            Self::Http2(exchange) => exchange.filled(),
            Self::Compressed(inner) => inner.filled(),
        }
    }

    /// Uses bytes in front up.
    pub(crate) fn consume(&mut self, count: usize) {
        match self {
            Self::Http1(exchange) => exchange.buffer.consume(count),
            Self::Http2(exchange) => drop(exchange.take(count)),
            Self::Compressed(inner) => inner.consume(count),
        }
    }

    /// The same bytes, to keep.
    pub(crate) fn take(&mut self, count: usize) -> Bytes {
        match self {
            Self::Http1(exchange) => {
                let data = Bytes::copy_from_slice(exchange.buffer.filled().get(..count).unwrap_or_default());
                exchange.buffer.consume(count);
                data
            }
            Self::Http2(exchange) => exchange.take(count),
            Self::Compressed(inner) => {
                let data = Bytes::copy_from_slice(inner.filled().get(..count).unwrap_or_default());
                inner.consume(count);
                data
            }
        }
    }

    /// Whether the answer has ended, and nothing is left of it but perhaps trailers that are here.
    pub(crate) fn has_ended(&self) -> bool {
        match self {
            Self::Http1(exchange) => exchange.body.has_ended(),
            Self::Http2(exchange) => exchange.has_ended(),
            Self::Compressed(inner) => inner.has_ended(),
        }
    }

    /// Whether nothing is to be waited for once the answer has ended. A stream can be cut at any time; a connection of
    /// HTTP/1 can be used again only when the request is whole, too.
    pub(crate) fn ends_with_answer(&self) -> bool {
        match self {
            Self::Http1(exchange) => exchange.upload.is_whole(),
            Self::Http2(_) => true,
            Self::Compressed(inner) => inner.inner.ends_with_answer(),
        }
    }

    /// The fields behind the body, once it has ended.
    pub(crate) fn trailers(&self) -> Trailers<'_> {
        match self {
            Self::Http1(exchange) => Trailers::Section(exchange.body.trailers()),
            Self::Http2(exchange) => exchange.trailers().map_or(Trailers::Section(&[]), Trailers::Map),
            Self::Compressed(inner) => inner.inner.trailers(),
        }
    }

    /// Those that may go on, as HTTP/2 has them.
    pub(crate) fn trailer_map(&self) -> Option<HeaderMap> {
        trailers::map(self.trailers())
    }

    /// Whether all of the request was sent.
    pub(crate) fn is_upload_whole(&self) -> bool {
        match self {
            Self::Http1(exchange) => exchange.upload.is_whole(),
            Self::Http2(exchange) => exchange.is_upload_whole(),
            Self::Compressed(inner) => inner.inner.is_upload_whole(),
        }
    }

    /// Bytes moved either way, for who watches whether anything moves.
    pub(crate) fn moved(&self) -> u64 {
        match self {
            Self::Http1(exchange) => exchange.moved,
            Self::Http2(exchange) => exchange.moved(),
            Self::Compressed(inner) => inner.inner.moved(),
        }
    }

    /// Bytes of the request's body that were taken, and whether that is all of it.
    pub(crate) fn taken(&self) -> (u64, bool) {
        match self {
            Self::Http1(exchange) => (exchange.upload.source.taken(), exchange.upload.source.has_ended()),
            Self::Http2(exchange) => exchange.taken(),
            Self::Compressed(inner) => inner.inner.taken(),
        }
    }

    /// Gives the request back: what of it is needed to send it again, where that is here, and the source of the rest.
    pub(crate) fn take_back(self, buffers: &Buffers) -> (Option<Vec<u8>>, Option<S>) {
        match self {
            Self::Http1(exchange) => {
                let OverHttp1 { upload, buffer, .. } = *exchange;
                buffers.put(buffer);
                (Some(upload.pending), Some(upload.source))
            }
            Self::Http2(exchange) => exchange.take_back(),
            Self::Compressed(inner) => inner.inner.take_back(buffers),
        }
    }

    /// There was no answer in time since this moment. A connection of many requests that is silent is left alone then.
    pub(crate) fn gave_up(&self, since: Moment) {
        if let Self::Http2(exchange) = self {
            exchange.gave_up(since);
        }
    }

    /// The answer was given: keeps what can be used again.
    pub(crate) fn keep(self, buffers: &Buffers, now: Moment, most_idle: usize) {
        let plain = match self {
            Self::Compressed(compressed) => compressed.inner,
            plain => plain,
        };
        if let Self::Http1(exchange) = plain
            && exchange.is_clean()
        {
            let OverHttp1 { busy, connection, buffer, upload, .. } = *exchange;
            busy.endpoint.put_idle(connection, now, most_idle);
            buffers.put(buffer);
            buffers.put_message(upload.pending);
        }
    }
}
