//! Serves a client that speaks HTTP/1.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::futures::Notified;
use tradewind_http_validation::head::{Framing, Refusal, RequestReader, Version};

use crate::answer::Answer;
use crate::answer::SLOW_REQUEST;
use crate::attempt::Asking;
use crate::attempt::early::Early;
use crate::buffer::Buffer;
use crate::edge::Decision;
use crate::front::client::{Client, RequestBody};
use crate::front::forward::{Asking1, forward, upgrade};
use crate::front::refused::{give, linger};
use crate::grpc;
use crate::outcome::Outcome;
use crate::request::{Fields, Protocol, Request};
use crate::timer::now;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It waits for another request.
    Another,
    /// It is closed; all that was sent was taken.
    Close,
    /// It is closed while the client may still be sending.
    Linger,
}

/// What has come instead of a head.
enum Arrived {
    Head(usize),
    Refused(Refusal),
    Slow,
    Nothing,
}

/// Serves one request after the other.
pub(crate) async fn serve(client: Rc<Client>) {
    let mut reader = RequestReader::new(client.bounds.head);
    let listener = client.listener.clone();
    let mut stopping = std::pin::pin!(listener.stopping.notified());
    let mut next = Next::Another;
    while next == Next::Another {
        next = one(&client, &mut reader, stopping.as_mut()).await;
        reader.reset();
    }
    if next == Next::Linger {
        linger(&client).await;
    } else {
        let _ = poll_fn(|context| client.io.poll_shutdown(context)).await;
    }
    client.buffer.borrow_mut().consume(usize::MAX);
    client.release();
}

async fn one(client: &Rc<Client>, reader: &mut RequestReader, stopping: Pin<&mut Notified<'_>>) -> Next {
    match head(client, reader, stopping).await {
        Arrived::Head(length) => {
            let head = Head::separate(client, length, reader.framing());
            let next = respond(client, reader, head.bytes()).await;
            head.give_back(client);
            next
        }
        Arrived::Refused(refusal) => tell(client, &Answer::refusal(&refusal)).await,
        Arrived::Slow => {
            let detail = "The head of the request took too long to come.";
            tell(client, &Answer::problem(&SLOW_REQUEST, detail)).await
        }
        Arrived::Nothing => Next::Close,
    }
}

/// Tells a client that what it has sent is no request.
async fn tell(client: &Rc<Client>, answer: &Answer) -> Next {
    client.thread.edge.refused(client.peer, answer);
    give(client, answer, false, false).await;
    Next::Linger
}

/// Waits for a head.
async fn head(
    client: &Rc<Client>,
    reader: &mut RequestReader,
    mut stopping: Pin<&mut Notified<'_>>,
) -> Arrived {
    let farewell = client.thread.settings.timers.farewell;
    client.release();
    client.timer.borrow_mut().set_at(client.idle_until());
    let (mut has_begun, mut is_leaving) = (false, false);
    poll_fn(|context| {
        loop {
            let is_empty = client.buffer.borrow().is_empty();
            if !is_empty {
                match reader.read(client.buffer.borrow().filled()) {
                    Ok(Some(length)) => return Poll::Ready(Arrived::Head(length)),
                    Ok(None) => {}
                    Err(refusal) => return Poll::Ready(Arrived::Refused(refusal)),
                }
                if !has_begun {
                    has_begun = true;
                    client.timer.borrow_mut().set(client.bounds.head_time);
                }
            }
            let leaves = is_empty && !is_leaving;
            if leaves && (client.listener.is_stopping.get() || stopping.as_mut().poll(context).is_ready()) {
                is_leaving = true;
                client.timer.borrow_mut().set(farewell);
            }
            match more(client, context, is_empty) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(Arrived::Nothing),
                Poll::Pending if client.timer.borrow_mut().poll(context).is_ready() => {
                    return Poll::Ready(if has_begun { Arrived::Slow } else { Arrived::Nothing });
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await
}

/// Reads some more; false when there is no more.
fn more(client: &Client, context: &mut Context<'_>, is_empty: bool) -> Poll<bool> {
    if is_empty {
        // A connection that waits has no buffer.
        match client.io.poll_readable(context) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return Poll::Ready(false),
            Poll::Pending => return Poll::Pending,
        }
    }
    client.poll_read(context).map(|count| count.is_ok_and(|count| count > 0))
}

/// A head, apart from what has come behind it.
enum Head {
    /// The buffer that it came in: nothing else is there.
    Alone(Buffer),
    Copied(Vec<u8>),
}

impl Head {
    /// Takes the head out of the buffer; what has come behind it stays. Where a body is to come it gets a place of its
    /// own size: a client that sends slowly is not to keep a whole buffer for it.
    fn separate(client: &Client, length: usize, framing: Framing) -> Self {
        let mut buffer = client.buffer.borrow_mut();
        let filled = buffer.filled();
        if filled.len() == length && framing == Framing::Sized(0) {
            return Self::Alone(std::mem::take(&mut *buffer));
        }
        let mut head = client.thread.buffers.message();
        head.extend_from_slice(filled.get(..length).unwrap_or_default());
        buffer.consume(length);
        drop(buffer);
        client.release();
        Self::Copied(head)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Alone(buffer) => buffer.filled(),
            Self::Copied(head) => head,
        }
    }

    fn give_back(self, client: &Client) {
        match self {
            Self::Alone(buffer) => client.thread.buffers.put(buffer),
            Self::Copied(head) => client.thread.buffers.put_message(head),
        }
    }
}

/// Answers the request of this head.
async fn respond(client: &Rc<Client>, reader: &RequestReader, head: &[u8]) -> Next {
    let thread = &client.thread;
    let (persistence, version) = (reader.persistence(), reader.version());
    let (fields, began) = (reader.fields(head), now());
    client.last.set(began);
    let request = Request {
        method: reader.method(head),
        target: reader.target(head),
        authority: fields.first("host").and_then(|host| std::str::from_utf8(host).ok()).unwrap_or_default(),
        fields: Fields::Spans(fields),
        body: match reader.framing() {
            Framing::Sized(length) => Some(length),
            Framing::Chunked => None,
        },
        protocol: if version == Version::Http10 { Protocol::Http10 } else { Protocol::Http11 },
        peer: client.peer,
        port: client.listener.port.unwrap_or(client.listener.address.port()),
        is_secure: client.is_secure(),
        server_name: client.server_name.as_deref(),
        came: thread.day_time.of(began),
    };
    let gone = |context: &mut Context<'_>| client.poll_gone(context);
    let framing = reader.framing();
    let may_go_on = client.may_go_on(began) && !client.listener.is_stopping.get();
    let asking1 = Asking1 {
        client,
        persistence,
        persists: persistence.persists(version) && may_go_on,
        asking: Asking {
            thread,
            body_limit: client.bounds.body,
            timer: &client.timer,
            request: &request,
            framing,
            takes_trailers: persistence.takes_trailers,
            names_others: persistence.names_others,
            upgrade: upgrade(client, &request, persistence, framing),
            began,
            trace: thread.trace(&request),
            gone: &gone,
            early: (version == Version::Http11).then_some(&**client as &dyn Early),
        },
    };
    match thread.edge.decide(&request) {
        Decision::Answer(answer, mark) => {
            let mut body = RequestBody::new(client.clone(), framing, false, u64::MAX);
            let (next, outcome) = answer_at_once(&asking1, &answer, body.skip(), true).await;
            thread.edge.finished(&request, &outcome, mark.as_ref());
            next
        }
        Decision::Forward(way) => {
            let (next, outcome) = forward(&asking1, &way).await;
            thread.edge.finished(&request, &outcome, Some(&way.mark));
            next
        }
    }
}

/// Gives an answer of our own. A body that is not there yet is not waited for; where it is not `whole`, or what comes
/// next is not sure to be a head, the connection ends.
pub(crate) async fn answer_at_once(
    asking1: &Asking1<'_>,
    answer: &Answer,
    whole: bool,
    is_safe: bool,
) -> (Next, Outcome) {
    let persists = asking1.persists && whole && is_safe;
    let to_head = asking1.asking.request.method == "HEAD";
    let told = grpc::told(answer, asking1.asking.request);
    let is_there = give(asking1.client, &told, to_head, persists).await;
    let next = match (is_there, persists, whole) {
        (true, true, _) => Next::Another,
        (true, false, false) => Next::Linger,
        _ => Next::Close,
    };
    (next, asking1.asking.outcome(answer, is_there))
}
