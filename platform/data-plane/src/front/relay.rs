//! Gives a client of HTTP/1 the answer of a backend.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use tradewind_http_validation::head::{ResponseFraming, Version};

use crate::answer::BAD_GATEWAY;
use crate::compression::Coded;
use crate::edge::Forward;
use crate::exchange::Exchange;
use crate::exchange::over_http1::OverHttp1;
use crate::front::client::RequestBody;
use crate::front::forward::Asking1;
use crate::front::http1::Next;
use crate::front::tunnel::{self, Moved};
use crate::message::answer_head::{Giving, Making, write};
use crate::message::{chunk_size, trailers};
use crate::request::{Fields, Protocol};
use crate::timer::{Moment, now};

/// Data that goes out in one step with what is before it, in bytes. Longer data is not copied.
const TOGETHER: usize = 16 * 1024;

/// What a relay needs to know.
pub(crate) struct Relaying<'a> {
    pub(crate) asking1: &'a Asking1<'a>,
    pub(crate) way: &'a Forward,
    /// When the answer must be whole.
    pub(crate) deadline: Option<Moment>,
    /// Whether the client is a hop that is to hear that further tries were decided about.
    pub(crate) retried: bool,
}

/// What came of it.
pub(crate) struct Relayed {
    pub(crate) next: Next,
    /// Bytes of the body that the client was given.
    pub(crate) given: u64,
    /// Why the answer is not whole.
    pub(crate) reason: Option<&'static str>,
    /// Bytes of the request's body.
    pub(crate) taken: u64,
}

/// Gives the client the answer whose head is here.
pub(crate) async fn relay(relaying: &Relaying<'_>, exchange: Exchange<RequestBody>) -> Relayed {
    let exchange = match exchange {
        Exchange::Http1(exchange) if exchange.connection.reader.status() == 101 => {
            return switch(relaying, exchange).await;
        }
        exchange => exchange,
    };
    let (asking1, asking) = (relaying.asking1, &relaying.asking1.asking);
    let to_head = asking.request.method == "HEAD";
    let (coded, mut exchange) =
        exchange.coded(relaying.way.compression.as_ref(), to_head, &asking.thread.compressing);
    let giving = giving(relaying, &exchange);
    // Where the request is not whole yet, what the client goes on sending is no head.
    let persists = asking1.persists && giving != Giving::UntilClose && exchange.is_upload_whole();
    let mut out = asking.thread.buffers.message();
    head(relaying, &exchange, (giving, persists, coded), &mut out);
    exchange.begin_body(to_head, TOGETHER as u64, &asking.thread.buffers);
    let mut giver = Giver { out, written: 0, giving, given: 0, direct: 0, is_last: false };
    let given = run(relaying, &mut exchange, &mut giver).await;
    asking.thread.buffers.put_message(std::mem::take(&mut giver.out));
    finish(relaying, exchange, &giver, given, persists)
}

fn giving(relaying: &Relaying<'_>, exchange: &Exchange<RequestBody>) -> Giving {
    let (status, to_head) = (exchange.status(), relaying.asking1.asking.request.method == "HEAD");
    if status == 204 {
        return Giving::Nothing;
    }
    if to_head || status == 304 {
        return exchange.content_length().map_or(Giving::Nothing, Giving::Sized);
    }
    match exchange.framing(false) {
        ResponseFraming::Sized(length) => Giving::Sized(length),
        // HTTP/1.0 has no chunks (RFC 9112 §7.1).
        _ if relaying.asking1.asking.request.protocol == Protocol::Http10 => Giving::UntilClose,
        ResponseFraming::Chunked | ResponseFraming::UntilClose => Giving::Chunked,
    }
}

fn head(
    relaying: &Relaying<'_>,
    exchange: &Exchange<RequestBody>,
    (giving, persists, coded): (Giving, bool, Coded),
    out: &mut Vec<u8>,
) {
    let says_so = relaying.asking1.asking.request.protocol == Protocol::Http10;
    let making =
        Making { forward: relaying.way, coded, giving, persists, says_so, retried: relaying.retried };
    write(exchange.status(), exchange.reason(), exchange.fields(), making, out);
}

/// What the client is given.
struct Giver {
    /// What is to be written before anything else.
    out: Vec<u8>,
    written: usize,
    giving: Giving,
    given: u64,
    /// Data at the front of the exchange's buffer that is written from where it lies.
    direct: usize,
    is_last: bool,
}

/// Who has cut an answer off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Backend,
    Client,
    Time,
}

async fn run(
    relaying: &Relaying<'_>,
    exchange: &mut Exchange<RequestBody>,
    giver: &mut Giver,
) -> Result<(), Cut> {
    let client = relaying.asking1.client;
    let set = |is_waiting_for_client: bool| {
        let of_backend = client.thread.settings.timers.body;
        let phase = now() + if is_waiting_for_client { client.bounds.write } else { of_backend };
        let deadline = relaying.deadline.map_or(phase, |deadline| phase.min(deadline));
        client.timer.borrow_mut().set_at(deadline);
    };
    // Most answers lie in the buffer whole, and need no timer.
    let mut moved = None;
    poll_fn(|context| {
        if let Poll::Ready(given) = giver.poll(context, &client.io, exchange) {
            return Poll::Ready(given);
        }
        let left = giver.left();
        let now = Some((exchange.moved() + giver.given, left));
        if std::mem::replace(&mut moved, now) != now {
            set(left > 0);
        }
        client.timer.borrow_mut().poll(context).map(|()| Err(Cut::Time))
    })
    .await
}

impl Giver {
    /// Bytes that the client has not taken.
    fn left(&self) -> usize {
        self.direct + self.out.len().saturating_sub(self.written)
    }

    /// Gives until the client takes no more for now, or there is no more.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        client: &crate::io::Io,
        exchange: &mut Exchange<RequestBody>,
    ) -> Poll<Result<(), Cut>> {
        loop {
            self.collect(context, exchange)?;
            ready!(self.poll_write(context, client, exchange))?;
            if self.is_last {
                return client.poll_flush(context).map_err(|_| Cut::Client);
            }
            match ready!(exchange.poll_data(context)) {
                Ok(count) => self.take(exchange, count),
                Err(_) => return Poll::Ready(Err(Cut::Backend)),
            }
        }
    }

    /// Takes what has come already, so that it goes out in one step with what is before it.
    fn collect(
        &mut self,
        context: &mut Context<'_>,
        exchange: &mut Exchange<RequestBody>,
    ) -> Result<(), Cut> {
        while !self.is_last && self.direct == 0 && self.out.len() < TOGETHER {
            match exchange.data(context).map_err(|_| Cut::Backend)? {
                Some(count) => self.take(exchange, count),
                None => break,
            }
        }
        Ok(())
    }

    /// Takes data from the front of the buffer; none is the end.
    fn take(&mut self, exchange: &mut Exchange<RequestBody>, count: usize) {
        self.given += count as u64;
        let is_chunked = self.giving == Giving::Chunked;
        if count == 0 {
            self.is_last = true;
            if is_chunked {
                trailers::end(exchange.trailers(), &mut self.out);
            }
            return;
        }
        if !is_chunked && count > TOGETHER {
            self.direct = count;
            return;
        }
        if is_chunked {
            chunk_size(count, &mut self.out);
        }
        self.out.extend_from_slice(exchange.filled().get(..count).unwrap_or_default());
        exchange.consume(count);
        if is_chunked {
            self.out.extend_from_slice(b"\r\n");
        }
    }

    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        client: &crate::io::Io,
        exchange: &mut Exchange<RequestBody>,
    ) -> Poll<Result<(), Cut>> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            self.written += ready!(client.poll_write(context, rest)).map_err(|_| Cut::Client)?;
        }
        self.out.clear();
        self.written = 0;
        while self.direct > 0 {
            let data = exchange.filled().get(..self.direct).unwrap_or_default();
            let written = ready!(client.poll_write(context, data)).map_err(|_| Cut::Client)?;
            exchange.consume(written);
            self.direct = self.direct.saturating_sub(written);
        }
        Poll::Ready(Ok(()))
    }
}

/// Keeps what can be used again, and says what becomes of the client's connection.
fn finish(
    relaying: &Relaying<'_>,
    exchange: Exchange<RequestBody>,
    giver: &Giver,
    given: Result<(), Cut>,
    persists: bool,
) -> Relayed {
    let now = now();
    relaying.asking1.client.last.set(now);
    let (taken, is_whole) = exchange.taken();
    if given.is_ok() {
        let most_idle = relaying.way.cluster.settings.most_idle;
        exchange.keep(&relaying.asking1.client.thread.buffers, now, most_idle);
    }
    let (next, reason) = match given {
        Ok(()) if persists && is_whole => (Next::Another, None),
        Ok(()) if is_whole => (Next::Close, None),
        Ok(()) => (Next::Linger, None),
        // The client sees that the answer is cut off: its end is missing.
        Err(Cut::Backend) => (Next::Close, Some("upstream-cut")),
        Err(Cut::Client) => (Next::Close, Some("client-gone")),
        Err(Cut::Time) => (Next::Close, Some("too-slow")),
    };
    Relayed { next, given: giver.given, reason, taken }
}

/// The backend has changed to another protocol: from now on bytes go both ways as they are.
async fn switch(relaying: &Relaying<'_>, exchange: Box<OverHttp1<RequestBody>>) -> Relayed {
    let client = relaying.asking1.client;
    let answer = |given, reason| Relayed { next: Next::Close, given, reason, taken: 0 };
    let (reader, unit) = (&exchange.connection.reader, exchange.buffer.filled());
    let agreed = reader.fields(unit).first("upgrade").unwrap_or_default();
    let is_agreed =
        relaying.asking1.asking.upgrade.is_some_and(|wanted| agreed.eq_ignore_ascii_case(wanted.as_bytes()));
    if !is_agreed || reader.version() == Version::Http10 {
        // Nobody has asked for it, so nobody knows what the bytes behind would be.
        let detail = "The service behind changed the protocol without being asked.";
        let refusal = crate::answer::Answer::problem(&BAD_GATEWAY, detail);
        super::refused::give(client, &refusal, false, false).await;
        return answer(0, Some("upstream-malformed"));
    }
    let making = Making {
        forward: relaying.way,
        coded: Coded::No,
        giving: Giving::Nothing,
        persists: true,
        says_so: false,
        retried: false,
    };
    let mut out = Vec::with_capacity(1024);
    write(101, reader.reason(unit), Fields::Spans(reader.fields(unit)), making, &mut out);
    out.truncate(out.len().saturating_sub(2));
    out.extend_from_slice(b"connection: upgrade\r\nupgrade: ");
    out.extend_from_slice(agreed);
    out.extend_from_slice(b"\r\n\r\n");
    if client.write_all(&out, client.bounds.write).await.is_err() {
        return answer(0, Some("client-gone"));
    }
    let OverHttp1 { busy, connection, mut buffer, head, .. } = *exchange;
    buffer.consume(head);
    let moved = Moved::default();
    tunnel::run(client, &connection.io, buffer, &moved).await;
    let given = moved.down.get();
    drop(busy);
    client.last.set(now());
    answer(given, None)
}
