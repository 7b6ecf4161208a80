//! Gives answers that no backend gives.

use std::future::poll_fn;
use std::task::Poll;

use crate::answer::Answer;
use crate::front::client::Client;
use crate::message::answer_head::{Giving, connection, framing, status_line};
use crate::message::field;

/// Bytes that a client may still send while it is told that it is not listened to.
const LINGER_BYTES: usize = 256 * 1024;

/// Writes an answer of our own. False: the client has gone.
pub(crate) async fn give(client: &Client, answer: &Answer, to_head: bool, persists: bool) -> bool {
    let mut message = Vec::with_capacity(256 + answer.body.len());
    status_line(answer.status, b"", &mut message);
    for (name, value) in &answer.headers {
        field(name.as_str().as_bytes(), value.as_bytes(), &mut message);
    }
    let has_no_body = answer.status < 200 || answer.status == 204 || answer.status == 304;
    if !has_no_body {
        framing(Giving::Sized(answer.body.len() as u64), &mut message);
    }
    connection(persists, false, &mut message);
    message.extend_from_slice(b"\r\n");
    if !to_head && !has_no_body {
        message.extend_from_slice(&answer.body);
    }
    client.write_all(&message, client.bounds.write).await.is_ok()
}

/// Closes a connection whose client may still be sending: it has a while to read what it was told. To close at once
/// would reset the connection, and the client might never see the answer.
pub(crate) async fn linger(client: &Client) {
    client.timer.borrow_mut().set(client.thread.settings.timers.linger);
    let (mut left, mut is_shut) = (LINGER_BYTES, false);
    poll_fn(|context| {
        if !is_shut {
            match client.io.poll_shutdown(context) {
                Poll::Ready(Ok(())) => is_shut = true,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
        }
        loop {
            let count = client.buffer.borrow().filled().len();
            client.buffer.borrow_mut().consume(count);
            match client.poll_read(context) {
                Poll::Ready(Ok(count)) if count > 0 && count < left => left -= count,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return client.timer.borrow_mut().poll(context),
            }
        }
    })
    .await;
}
