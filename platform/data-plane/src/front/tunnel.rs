//! Bytes both ways, after a change of protocol.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use crate::buffer::{Buffer, Buffers};
use crate::front::client::Client;
use crate::io::Io;

/// How many bytes have gone so far.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// To the backend.
    pub(crate) up: Cell<u64>,
    /// To the client.
    pub(crate) down: Cell<u64>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Both sides have said that nothing more comes.
    Whole,
    /// One of them has broken off.
    Broken,
    /// Nothing went for too long.
    Idle,
}

/// One direction.
struct Pipe<'a> {
    buffer: Buffer,
    has_ended: bool,
    is_shut: bool,
    moved: &'a Cell<u64>,
    buffers: &'a Buffers,
}

impl<'a> Pipe<'a> {
    fn new(buffer: Buffer, moved: &'a Cell<u64>, buffers: &'a Buffers) -> Self {
        Self { buffer, has_ended: false, is_shut: false, moved, buffers }
    }

    /// Moves what can be moved; ready once there is no more to come and all of it has gone.
    fn poll(&mut self, context: &mut Context<'_>, from: &Io, to: &Io) -> Poll<io::Result<()>> {
        loop {
            while !self.buffer.is_empty() {
                match to.poll_write(context, self.buffer.filled())? {
                    Poll::Ready(count) => {
                        self.buffer.consume(count);
                        self.moved.set(self.moved.get() + count as u64);
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
            if self.buffer.room().is_empty() {
                self.buffer = self.buffers.take();
            }
            match from.poll_read(context, &mut self.buffer)? {
                Poll::Ready(count) => self.has_ended = count == 0,
                Poll::Pending => {
                    // One that waits has no storage.
                    self.buffers.put(std::mem::take(&mut self.buffer));
                    let _ = to.poll_flush(context)?;
                    return Poll::Pending;
                }
            }
        }
    }
}

/// Moves bytes both ways until both sides have ended, one of them breaks off, or nothing has moved for too long. `behind`
/// is what the backend has sent behind its answer.
pub(crate) async fn run(client: &Client, backend: &Io, behind: Buffer, moved: &Moved) -> End {
    let thread = &client.thread;
    let limit = thread.settings.timers.tunnel;
    let mut up = Pipe::new(std::mem::take(&mut *client.buffer.borrow_mut()), &moved.up, &thread.buffers);
    let mut down = Pipe::new(behind, &moved.down, &thread.buffers);
    client.timer.borrow_mut().set(limit);
    let mut before = 0;
    let end = poll_fn(|context| {
        let upward = up.poll(context, &client.io, backend);
        let downward = down.poll(context, backend, &client.io);
        if matches!(upward, Poll::Ready(Err(_))) || matches!(downward, Poll::Ready(Err(_))) {
            return Poll::Ready(End::Broken);
        }
        if upward.is_ready() && downward.is_ready() {
            return Poll::Ready(End::Whole);
        }
        let now = moved.up.get() + moved.down.get();
        if std::mem::replace(&mut before, now) != now {
            client.timer.borrow_mut().set(limit);
        }
        client.timer.borrow_mut().poll(context).map(|()| End::Idle)
    })
    .await;
    thread.buffers.put(up.buffer);
    thread.buffers.put(down.buffer);
    end
}
