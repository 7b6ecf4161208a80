//! Gives a client of HTTP/2 the answer of a backend.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::attempt::Asking;
use crate::attempt::early::{Early, Shown};
use crate::compression::Coded;
use crate::edge::Forward;
use crate::exchange::Exchange;
use crate::front::http2::request::Account;
use crate::front::http2::upload::StreamBody;
use crate::message::answer_head::passing;
use crate::message::names::{Fate, fate};
use crate::timer::{Moment, now};

/// Data that goes on in one step, in bytes.
const STEP: u64 = 32 * 1024;

/// The room for the values of a head in bytes; longer ones get more.
const VALUES: usize = 512;

/// What a relay needs to know.
pub(crate) struct Relaying<'a> {
    pub(crate) asking: &'a Asking<'a>,
    pub(crate) way: &'a Forward,
    pub(crate) account: &'a Account<'a>,
    /// Whether the client is a hop that is to hear that further tries were decided about.
    pub(crate) retried: bool,
    /// While the client takes nothing.
    pub(crate) write_limit: Duration,
}

/// Why an answer is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Backend,
    Client,
    Time,
}

/// Gives the client the answer whose head is here.
pub(crate) async fn relay(
    relaying: &Relaying<'_>,
    exchange: Exchange<StreamBody>,
    respond: &RefCell<SendResponse<Bytes>>,
) {
    let Relaying { asking, way, account, .. } = relaying;
    let (thread, status) = (asking.thread, exchange.status());
    account.change(|outcome| outcome.status = status);
    let to_head = asking.request.method == "HEAD";
    let (coded, mut exchange) = exchange.coded(way.compression.as_ref(), to_head, &thread.compressing);
    let head = head(relaying, &exchange, coded);
    exchange.begin_body(to_head, STEP, &thread.buffers);
    let is_last = exchange.has_ended() && exchange.ends_with_answer();
    let Ok(stream) = respond.borrow_mut().send_response(head, is_last) else { return };
    let deadline = way.request_timeout.map(|limit| asking.began + limit);
    let mut giver =
        Giver { relaying, exchange, stream, data: Bytes::new(), is_last, given: 0, moved: None, deadline };
    let given = poll_fn(|context| giver.poll(context)).await;
    let reason = match given {
        Ok(()) => None,
        Err(Cut::Client) => return,
        Err(Cut::Backend) => Some("upstream-cut"),
        Err(Cut::Time) => Some("too-slow"),
    };
    let Giver { exchange, mut stream, .. } = giver;
    account.change(|outcome| {
        outcome.reason = reason;
        outcome.request_bytes = exchange.taken().0;
    });
    if reason.is_none() {
        exchange.keep(&thread.buffers, now(), way.cluster.settings.most_idle);
    } else {
        // What came so far is not to be taken for all of it.
        stream.send_reset(Reason::INTERNAL_ERROR);
    }
}

impl Early for RefCell<SendResponse<Bytes>> {
    fn give(&self, fields: Shown<'_>) -> Vec<u8> {
        let mut hints = Response::new(());
        *hints.status_mut() = StatusCode::EARLY_HINTS;
        fields(&mut |name, value| {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                hints.headers_mut().append(name, value);
            }
        });
        // It fails where the client has gone, which is noticed elsewhere.
        let _ = self.borrow_mut().send_informational(hints);
        Vec::new()
    }

    fn poll_write(&self, _: &mut Context<'_>, rest: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(rest.len()))
    }

    fn poll_flush(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The head as the client gets it.
fn head(relaying: &Relaying<'_>, exchange: &Exchange<StreamBody>, coded: Coded) -> Response<()> {
    let mut fields = HeaderMap::with_capacity(8);
    // Copied, or the buffer of the connection would be kept as long as the head is (hyperium/hyper #4060). Into one piece
    // of memory, which all values of the head share.
    let mut values = BytesMut::with_capacity(VALUES);
    passing(exchange.fields(), (relaying.way, relaying.retried), coded, &mut |name, value| {
        if has_no_place(name) {
            return;
        }
        values.extend_from_slice(value);
        let value = HeaderValue::from_maybe_shared(values.split().freeze());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
            fields.append(name, value);
        }
    });
    let status = exchange.status();
    if let Some(length) = exchange.content_length().filter(|_| status != 204) {
        fields.insert(header::CONTENT_LENGTH, length.into());
    }
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *head.headers_mut() = fields;
    head
}

/// Whether HTTP/2 has no place for a field (RFC 9113 §8.2.2), or says elsewhere what it does. Only a policy can still name
/// such a one here.
fn has_no_place(name: &[u8]) -> bool {
    // Most names are told apart by their length.
    matches!(name.len(), 2 | 7 | 10 | 14 | 16 | 17) && matches!(fate(name), Fate::Ends | Fate::Length)
}

/// What the client is given.
struct Giver<'a> {
    relaying: &'a Relaying<'a>,
    exchange: Exchange<StreamBody>,
    stream: SendStream<Bytes>,
    /// Data for which the client has not opened its window yet.
    data: Bytes,
    /// Nothing comes behind it.
    is_last: bool,
    given: u64,
    /// What had moved when the timer was set, and whether the client was waited for.
    moved: Option<(u64, bool)>,
    deadline: Option<Moment>,
}

impl Giver<'_> {
    /// Gives until the client takes no more for now, or there is no more. Watches the time.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        if let Poll::Ready(given) = self.poll_give(context) {
            return Poll::Ready(given);
        }
        // What the client sends counts, too. Most answers are there whole, and need no timer.
        let Asking { thread, timer, .. } = self.relaying.asking;
        let waits_for_client = !self.data.is_empty();
        let moved = Some((self.exchange.moved() + self.given, waits_for_client));
        if std::mem::replace(&mut self.moved, moved) != moved {
            let of_backend = thread.settings.timers.body;
            let phase = now() + if waits_for_client { self.relaying.write_limit } else { of_backend };
            let deadline = self.deadline.map_or(phase, |deadline| phase.min(deadline));
            timer.borrow_mut().set_at(deadline);
        }
        timer.borrow_mut().poll(context).map(|()| Err(Cut::Time))
    }

    fn poll_give(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        loop {
            if !self.data.is_empty() {
                ready!(self.poll_send(context))?;
            } else if self.is_last {
                return Poll::Ready(Ok(()));
            } else {
                match self.exchange.poll_data(context) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(self.end()),
                    Poll::Ready(Ok(count)) => self.take(count),
                    Poll::Ready(Err(_)) => return Poll::Ready(Err(Cut::Backend)),
                    Poll::Pending => return self.stream.poll_reset(context).map(|_| Err(Cut::Client)),
                }
            }
        }
    }

    fn take(&mut self, count: usize) {
        self.data = self.exchange.take(count);
        // What was the last data is known at once where the length was; no frame of its own says so then.
        self.is_last = self.exchange.has_ended()
            && self.exchange.ends_with_answer()
            && self.exchange.trailer_map().is_none();
    }

    /// Sends as much as the client has opened its window for.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        self.stream.reserve_capacity(self.data.len());
        while self.stream.capacity() == 0 {
            match ready!(self.stream.poll_capacity(context)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(Err(Cut::Client)),
            }
        }
        let count = self.stream.capacity().min(self.data.len());
        let piece = self.data.split_to(count);
        self.given += count as u64;
        self.relaying.account.change(|outcome| outcome.response_bytes = self.given);
        let is_last = self.is_last && self.data.is_empty();
        Poll::Ready(self.stream.send_data(piece, is_last).map_err(|_| Cut::Client))
    }

    /// Ends the answer whose end has come behind its last data.
    fn end(&mut self) -> Result<(), Cut> {
        let takes_trailers = self.relaying.asking.takes_trailers;
        let ended = match takes_trailers.then(|| self.exchange.trailer_map()).flatten() {
            Some(trailers) => self.stream.send_trailers(trailers),
            None => self.stream.send_data(Bytes::new(), true),
        };
        ended.map_err(|_| Cut::Client)
    }
}
