//! Things that come to one reader, one by one.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tradewind_amqp::transport::Coming;

/// What waits for its reader. Clones are one; whoever polled last is woken.
pub(crate) struct Post<T> {
    state: Arc<Mutex<State<T>>>,
}

struct State<T> {
    waiting: VecDeque<T>,
    is_over: bool,
    reader: Option<Waker>,
}

impl<T> Post<T> {
    pub(crate) fn new() -> Self {
        let state = State { waiting: VecDeque::new(), is_over: false, reader: None };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, one: T) {
        let mut state = self.state();
        state.waiting.push_back(one);
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// Nothing more comes; what waits is still read.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }
}

impl<T: Send> Coming<T> for Post<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.state();
        if let Some(next) = state.waiting.pop_front() {
            return Poll::Ready(Some(next));
        }
        if state.is_over {
            return Poll::Ready(None);
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> Clone for Post<T> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

impl<T> fmt::Debug for Post<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("waiting", &self.state().waiting.len()).finish_non_exhaustive()
    }
}
