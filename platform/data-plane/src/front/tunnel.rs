//! Bytes both ways, after a change of protocol.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use crate::buffer::Buffer;
use crate::front::client::Client;
use crate::io::Io;

/// One direction.
struct Pipe {
    buffer: Buffer,
    has_ended: bool,
    is_shut: bool,
    moved: u64,
}

impl Pipe {
    fn new(buffer: Buffer) -> Self {
        Self { buffer, has_ended: false, is_shut: false, moved: 0 }
    }

    /// Moves what can be moved; ready once there is no more to come and all of it has gone.
    fn poll(&mut self, context: &mut Context<'_>, from: &Io, to: &Io) -> Poll<io::Result<()>> {
        loop {
            while !self.buffer.is_empty() {
                match to.poll_write(context, self.buffer.filled())? {
                    Poll::Ready(count) => {
                        self.buffer.consume(count);
                        self.moved += count as u64;
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
            if self.is_shut {
                return Poll::Ready(Ok(()));
            }
            if self.has_ended {
                if to.poll_shutdown(context)?.is_pending() {
                    return Poll::Pending;
                }
                self.is_shut = true;
                continue;
            }
            match from.poll_read(context, &mut self.buffer)? {
                Poll::Ready(count) => self.has_ended = count == 0,
                Poll::Pending => {
                    let _ = to.poll_flush(context)?;
                    return Poll::Pending;
                }
            }
        }
    }
}

/// Moves bytes both ways until both sides have ended, one of them breaks off, or nothing has moved for too long. Says how
/// many the client was given. `behind` is what the backend has sent behind its answer.
pub(crate) async fn run(client: &Client, backend: &Io, behind: Buffer) -> u64 {
    let thread = &client.thread;
    let limit = thread.settings.timers.tunnel;
    let mut up = Pipe::new(std::mem::take(&mut *client.buffer.borrow_mut()));
    if up.buffer.room().is_empty() {
        up.buffer = thread.buffers.take();
    }
    let mut down = Pipe::new(behind);
    client.timer.borrow_mut().set(limit);
    let mut moved = 0;
    poll_fn(|context| {
        let upward = up.poll(context, &client.io, backend);
        let downward = down.poll(context, backend, &client.io);
        if matches!(upward, Poll::Ready(Err(_))) || matches!(downward, Poll::Ready(Err(_))) {
            return Poll::Ready(());
        }
        if upward.is_ready() && downward.is_ready() {
            return Poll::Ready(());
        }
        let now = up.moved + down.moved;
        if std::mem::replace(&mut moved, now) != now {
            client.timer.borrow_mut().set(limit);
        }
        client.timer.borrow_mut().poll(context)
    })
    .await;
    thread.buffers.put(up.buffer);
    thread.buffers.put(down.buffer);
    down.moved
}
