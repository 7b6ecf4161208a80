//! One request to one endpoint on a stream of HTTP/2, and its answer.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream};
use http::response::Parts;
use http::{HeaderMap, Request, Response};
use tradewind_http_validation::head::ResponseFraming;

use crate::buffer::Buffers;
use crate::exchange::stream_upload::StreamUpload;
use crate::source::{Failure, Source};
use crate::task::{Task, spawn_owned};
use crate::timer::Moment;
use crate::upstream::busy::Busy;
use crate::upstream::multiplexed::Slot;

/// One request under way on a stream.
pub(crate) struct OverHttp2<S: Source + 'static> {
    pub(crate) busy: Busy,
    slot: Slot,
    upload: Rc<RefCell<Option<StreamUpload<S>>>>,
    /// Goes on with the upload once the answer has begun: a client that does not take the answer yet can still send.
    apart: Option<Task>,
    awaited: ResponseFuture,
    head: Parts,
    body: Option<RecvStream>,
    /// What has come of the body and is not used up.
    data: Bytes,
    trailers: Option<HeaderMap>,
    has_ended: bool,
    received: u64,
}

/// A request that could not be put on a connection; nothing of it was sent.
pub(crate) struct NotSent<S> {
    pub(crate) error: h2::Error,
    pub(crate) source: S,
    pub(crate) first: Vec<u8>,
}

impl<S: Source + 'static> OverHttp2<S> {
    /// Sends the head, and `first` of the body, behind which the source goes on.
    pub(crate) fn start(
        busy: Busy,
        mut slot: Slot,
        request: Request<()>,
        (source, first, most_kept): (S, Vec<u8>, usize),
    ) -> Result<Box<Self>, NotSent<S>> {
        let is_whole = first.is_empty() && source.has_ended() && source.trailers().is_empty();
        let (awaited, stream) = match slot.send(request, is_whole) {
            Ok(sent) => sent,
            Err(error) => return Err(NotSent { error, source, first }),
        };
        let upload = StreamUpload::new(source, stream, first, (most_kept, is_whole));
        Ok(Box::new(Self {
            busy,
            slot,
            upload: Rc::new(RefCell::new(Some(upload))),
            apart: None,
            awaited,
            head: Response::new(()).into_parts().0,
            body: None,
            data: Bytes::new(),
            trailers: None,
            has_ended: false,
            received: 0,
        }))
    }

    pub(crate) fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if let Some(upload) = &mut *self.upload.borrow_mut()
            && let Poll::Ready(Err(broken)) = upload.poll(context)
        {
            return Poll::Ready(Err(Failure::Client(broken)));
        }
        if let Poll::Ready(Some(interim)) = self.awaited.poll_informational(context) {
            self.head = interim.map_err(failure)?.into_parts().0;
            return Poll::Ready(Ok(()));
        }
        let answer = ready!(Pin::new(&mut self.awaited).poll(context)).map_err(failure)?;
        if let Some(upload) = &mut *self.upload.borrow_mut() {
            upload.source.answer_begins();
        }
        let (head, body) = answer.into_parts();
        self.head = head;
        self.body = Some(body);
        Poll::Ready(Ok(()))
    }

    pub(crate) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        let mut lengths = self.head.headers.get_all(http::header::CONTENT_LENGTH).iter();
        let length = lengths.next()?.to_str().ok()?.parse().ok();
        length.filter(|_| lengths.next().is_none())
    }

    pub(crate) fn framing(&self, to_head: bool) -> ResponseFraming {
        let has_none = to_head || matches!(self.status(), 204 | 304) || self.has_ended();
        match self.content_length() {
            _ if has_none => ResponseFraming::Sized(0),
            Some(length) => ResponseFraming::Sized(length),
            None => ResponseFraming::Chunked,
        }
    }

    /// The answer is the one that the client gets.
    pub(crate) fn begin_body(&mut self, buffers: &Buffers) {
        let is_going_on = match &mut *self.upload.borrow_mut() {
            Some(upload) => {
                buffers.put_message(upload.keep_no_more());
                !upload.is_whole()
            }
            None => false,
        };
        if !is_going_on || self.has_ended() {
            return;
        }
        let upload = self.upload.clone();
        self.apart = Some(spawn_owned(poll_fn(move |context| {
            let mut upload = upload.borrow_mut();
            let Some(upload) = &mut *upload else { return Poll::Ready(()) };
            if ready!(upload.poll(context)).is_err() {
                upload.cut();
            }
            Poll::Ready(())
        })));
    }

    pub(crate) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        while self.data.is_empty() && !self.has_ended {
            let Some(body) = &mut self.body else { return Poll::Ready(Err(Failure::Partly)) };
            match ready!(body.poll_data(context)) {
                Some(Ok(data)) => {
                    self.received += data.len() as u64;
                    self.data = data;
                }
                Some(Err(error)) => return Poll::Ready(Err(failure_within(&error))),
                None => {
                    let trailers = ready!(body.poll_trailers(context));
                    self.trailers = trailers.map_err(|error| failure_within(&error))?;
                    self.has_ended = true;
                }
            }
        }
        Poll::Ready(Ok(self.data.len()))
    }

    pub(crate) fn filled(&self) -> &[u8] {
        &self.data
    }

    /// Takes bytes from the front, for which the endpoint may send as many more.
    pub(crate) fn take(&mut self, count: usize) -> Bytes {
        let taken = self.data.split_to(count.min(self.data.len()));
        if let Some(body) = &mut self.body {
            // It fails where more is released than came.
            let _ = body.flow_control().release_capacity(taken.len());
        }
        taken
    }

    pub(crate) fn has_ended(&self) -> bool {
        let is_at_end = || self.body.as_ref().is_some_and(RecvStream::is_end_stream);
        self.data.is_empty() && (self.has_ended || is_at_end())
    }

    pub(crate) fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    pub(crate) fn may_interrupt(&self) -> bool {
        self.upload.borrow().as_ref().is_none_or(|upload| upload.source.may_interrupt())
    }

    pub(crate) fn is_upload_whole(&self) -> bool {
        self.upload.borrow().as_ref().is_some_and(StreamUpload::is_whole)
    }

    pub(crate) fn moved(&self) -> u64 {
        self.received + self.upload.borrow().as_ref().map_or(0, |upload| upload.moved)
    }

    pub(crate) fn taken(&self) -> (u64, bool) {
        let upload = self.upload.borrow();
        upload.as_ref().map_or((0, false), |upload| (upload.source.taken(), upload.source.has_ended()))
    }

    pub(crate) fn take_back(self: Box<Self>) -> (Option<Vec<u8>>, Option<S>) {
        let upload = self.upload.borrow_mut().take();
        upload.map_or((None, None), |upload| {
            let (kept, source) = upload.take_back();
            (kept, Some(source))
        })
    }

    pub(crate) fn gave_up(&self, since: Moment) {
        self.slot.gave_up(since);
    }
}

impl<S: Source + 'static> Drop for OverHttp2<S> {
    fn drop(&mut self) {
        // Its part of the stream goes at once, and not when the task is looked at again.
        self.upload.borrow_mut().take();
    }
}

/// Why there is no head.
fn failure(error: h2::Error) -> Failure {
    // Streams behind the last one that is named in GOAWAY were not looked at (RFC 9113 §6.8), and neither were refused
    // ones (§8.7).
    if error.is_remote() && error.is_go_away() {
        return Failure::Unprocessed { is_closing: true };
    }
    if error.is_remote() && error.reason() == Some(Reason::REFUSED_STREAM) {
        return Failure::Unprocessed { is_closing: false };
    }
    if error.is_io() {
        let closed = || std::io::ErrorKind::UnexpectedEof.into();
        return Failure::Untouched(error.into_io().unwrap_or_else(closed));
    }
    failure_within(&error)
}

fn failure_within(error: &h2::Error) -> Failure {
    tracing::debug!(%error, "a backend broke a stream off");
    Failure::Partly
}
