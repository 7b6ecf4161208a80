//! Which version of HTTP a client speaks.

use std::future::poll_fn;
use std::task::Poll;

use crate::front::client::Client;

/// What a client of HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether the client begins as HTTP/2 does. What has come stays in the buffer.
pub(crate) async fn is_http2(client: &Client) -> bool {
    client.timer.borrow_mut().set_at(client.idle_until());
    let mut has_begun = false;
    let mut stopping = std::pin::pin!(client.listener.stopping.notified());
    poll_fn(|context| {
        loop {
            {
                let buffer = client.buffer.borrow();
                let filled = buffer.filled();
                let common = filled.len().min(PREFACE.len());
                if filled.get(..common) != PREFACE.get(..common) {
                    return Poll::Ready(false);
                }
                if common == PREFACE.len() {
                    return Poll::Ready(true);
                }
                if !has_begun && common > 0 {
                    has_begun = true;
                    client.timer.borrow_mut().set(client.bounds.head_time);
                }
                let is_stopping = client.listener.is_stopping.get();
                if !has_begun && (is_stopping || stopping.as_mut().poll(context).is_ready()) {
                    // The front of HTTP/1 says farewell, too.
                    return Poll::Ready(false);
                }
                if !has_begun {
                    // A connection that waits has no buffer.
                    match client.io.poll_readable(context) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => return Poll::Ready(false),
                        Poll::Pending => return client.timer.borrow_mut().poll(context).map(|()| false),
                    }
                }
            }
            match client.poll_read(context) {
                Poll::Ready(Ok(count)) if count > 0 => {}
                // The front of HTTP/1 finds the end, too.
                Poll::Ready(_) => return Poll::Ready(false),
                Poll::Pending => return client.timer.borrow_mut().poll(context).map(|()| false),
            }
        }
    })
    .await
}
