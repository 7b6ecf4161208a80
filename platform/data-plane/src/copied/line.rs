//! The bounded line between an original and one of its copies.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::copied::counts::CopyLost;

/// Bytes that wait for one mirror.
const MOST_OF_COPY: usize = 1024 * 1024;

/// Bytes that wait for all mirrors of a thread.
const MOST_OF_THREAD: usize = 16 * 1024 * 1024;

/// Bytes that go out in one step with the head.
const FIRST: usize = 64 * 1024;

/// What a piece takes besides its bytes: many small ones would be more than their bytes.
const PIECE: usize = 64;

fn weight(piece: &Bytes) -> usize {
    piece.len() + PIECE
}

/// What waits for a mirror.
struct Line {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    /// Bytes that wait on the whole thread.
    of_thread: Rc<Cell<usize>>,
    end: End,
    /// Who takes the body.
    reader: Option<Waker>,
    /// Who watches over the copy.
    watcher: Option<Waker>,
}

enum End {
    Open,
    /// All of the body is here, or was taken; the fields behind it.
    Whole(Vec<u8>),
    Lost(CopyLost),
    /// The copy is under way no more.
    Left,
}

/// Where an original puts its body for its copies.
#[derive(Default)]
pub(crate) struct Feeds(Vec<Rc<RefCell<Line>>>);

/// The body of a copy.
pub(crate) struct CopiedBody {
    line: Rc<RefCell<Line>>,
    taken: u64,
    /// All was taken.
    has_ended: bool,
    trailers: Vec<u8>,
}

/// There is nothing more to be had, and it is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left;

/// Tells who carries a copy what becomes of its original.
pub(crate) struct Watch(Rc<RefCell<Line>>);

impl Line {
    fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.watcher.take()).for_each(Waker::wake);
    }

    fn clear(&mut self) {
        self.of_thread.set(self.of_thread.get().saturating_sub(self.bytes));
        self.bytes = 0;
        self.pieces = VecDeque::new();
    }

    fn push(&mut self, piece: &Bytes) {
        if !matches!(self.end, End::Open) {
            return;
        }
        let weight = weight(piece);
        let of_thread = self.of_thread.get() + weight;
        if self.bytes + weight > MOST_OF_COPY {
            self.lose(CopyLost::Behind);
        } else if of_thread > MOST_OF_THREAD {
            self.lose(CopyLost::NoRoom);
        } else {
            self.of_thread.set(of_thread);
            self.bytes += weight;
            self.pieces.push_back(piece.clone());
            self.wake();
        }
    }

    fn lose(&mut self, why: CopyLost) {
        self.clear();
        self.end = End::Lost(why);
        self.wake();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Feeds {
    /// One copy more: its body, and who watches over it.
    pub(crate) fn add(&mut self, of_thread: &Rc<Cell<usize>>) -> (CopiedBody, Watch) {
        let line = Rc::new(RefCell::new(Line {
            pieces: VecDeque::new(),
            bytes: 0,
            of_thread: of_thread.clone(),
            end: End::Open,
            reader: None,
            watcher: None,
        }));
        self.0.push(line.clone());
        let body = CopiedBody { line: line.clone(), taken: 0, has_ended: false, trailers: Vec::new() };
        (body, Watch(line))
    }

    /// The original has taken some of its body.
    pub(crate) fn push(&mut self, data: &[u8]) {
        if self.0.is_empty() || data.is_empty() {
            return;
        }
        // One piece for all copies, and none of the buffer it came in, which would be kept as long.
        let piece = Bytes::copy_from_slice(data);
        self.0.iter().for_each(|line| line.borrow_mut().push(&piece));
        self.0.retain(|line| matches!(line.borrow().end, End::Open));
    }

    /// The original is whole.
    pub(crate) fn end(&mut self, trailers: &[u8]) {
        for line in self.0.drain(..) {
            let mut line = line.borrow_mut();
            if matches!(line.end, End::Open) {
                line.end = End::Whole(trailers.to_vec());
                line.wake();
            }
        }
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        for line in self.0.drain(..) {
            let mut line = line.borrow_mut();
            if matches!(line.end, End::Open) {
                line.lose(CopyLost::Cut);
            }
        }
    }
}

impl Watch {
    /// Whether the original is whole; an error when the copy is lost.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Result<bool, CopyLost> {
        let mut line = self.0.borrow_mut();
        match line.end {
            End::Lost(why) => return Err(why),
            End::Whole(_) | End::Left => return Ok(true),
            End::Open => {}
        }
        line.watcher = Some(context.waker().clone());
        Ok(false)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut line = self.0.borrow_mut();
        line.clear();
        line.end = End::Left;
    }
}

impl CopiedBody {
    /// Takes what is here already, as far as it goes out in one step.
    pub(crate) fn take_first(&mut self, into: &mut Vec<u8>) {
        let most = into.len() + FIRST;
        while into.len() < most
            && let Some(piece) = self.pop()
        {
            into.extend_from_slice(&piece);
        }
    }

    /// Looks whether all there is was taken.
    pub(crate) fn settle(&mut self) {
        if self.line.borrow().pieces.is_empty() {
            self.pop();
        }
    }

    /// The next piece; none once there is no more, an error when the copy is lost.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Left>> {
        if let Some(piece) = self.pop() {
            return Poll::Ready(Ok(Some(piece)));
        }
        if self.has_ended {
            return Poll::Ready(Ok(None));
        }
        let mut line = self.line.borrow_mut();
        if matches!(line.end, End::Lost(_) | End::Left) {
            return Poll::Ready(Err(Left));
        }
        line.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Bytes that were taken.
    pub(crate) fn count(&self) -> u64 {
        self.taken
    }

    /// Whether all was taken.
    pub(crate) fn is_over(&self) -> bool {
        self.has_ended
    }

    /// The fields behind it.
    pub(crate) fn fields(&self) -> &[u8] {
        &self.trailers
    }

    fn pop(&mut self) -> Option<Bytes> {
        let mut line = self.line.borrow_mut();
        let piece = line.pieces.pop_front();
        let length = piece.as_ref().map_or(0, Bytes::len);
        if let Some(piece) = &piece {
            line.bytes = line.bytes.saturating_sub(weight(piece));
            line.of_thread.set(line.of_thread.get().saturating_sub(weight(piece)));
        }
        self.taken += length as u64;
        if line.pieces.is_empty()
            && let End::Whole(trailers) = &mut line.end
        {
            self.has_ended = true;
            self.trailers.append(trailers);
        }
        piece
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
