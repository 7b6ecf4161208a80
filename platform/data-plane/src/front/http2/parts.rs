//! The parts of a connection, and which of them have something to do.
//!
//! A connection is one task: its protocol and all its streams. Each part has a waker of its own, so that the task looks
//! only at those that were called.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::timer::{Deadline, Deadlines};

/// The parts that were called, in this order.
#[derive(Debug, Default)]
pub(crate) struct Called(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    parts: Vec<usize>,
    /// Whom to call, unless the task is at work.
    task: Option<Waker>,
}

impl Called {
    /// It has no lock held by one that panicked: nothing below panics.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task is at work: it looks for further calls itself.
    pub(crate) fn begin(&self) {
        self.waiting().task = None;
    }

    /// Puts the parts that were called in the place of those that were looked at.
    pub(crate) fn take(&self, parts: &mut Vec<usize>) {
        parts.clear();
        std::mem::swap(&mut self.waiting().parts, parts);
    }

    /// The task goes to rest: the next call is to wake it, and one that is there does at once.
    pub(crate) fn rest(&self, task: &Waker) {
        let mut waiting = self.waiting();
        if waiting.parts.is_empty() {
            waiting.task = Some(task.clone());
        } else {
            task.wake_by_ref();
        }
    }

    fn call(&self, part: usize) {
        let mut waiting = self.waiting();
        waiting.parts.push(part);
        let task = waiting.task.take();
        drop(waiting);
        if let Some(task) = task {
            task.wake();
        }
    }
}

/// What calls one part.
#[derive(Debug)]
struct Call {
    part: usize,
    is_called: AtomicBool,
    called: Arc<Called>,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_called.swap(true, Ordering::AcqRel) {
            self.called.call(self.part);
        }
    }
}

/// What calls a part, and its waker.
pub(crate) struct Bell {
    call: Arc<Call>,
    waker: Waker,
}

impl Bell {
    pub(crate) fn new(called: &Arc<Called>, part: usize) -> Self {
        let call = Arc::new(Call { part, is_called: AtomicBool::new(false), called: called.clone() });
        Self { waker: Waker::from(call.clone()), call }
    }

    pub(crate) fn ring(&self) {
        self.waker.wake_by_ref();
    }

    /// What calls the part.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// The same, and from now on calls count again.
    pub(crate) fn hear(&self) -> &Waker {
        self.call.is_called.store(false, Ordering::Release);
        &self.waker
    }
}

/// The streams of a connection.
pub(crate) struct Streams<F> {
    called: Arc<Called>,
    deadlines: Rc<Deadlines>,
    /// The number of the first one as a part of the connection.
    first: usize,
    places: Vec<Place<F>>,
    free: Vec<usize>,
}

/// A place for a stream. The next one takes over its waker and its deadline.
struct Place<F> {
    bell: Bell,
    deadline: Rc<Deadline>,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = ()>> Streams<F> {
    pub(crate) fn new(called: &Arc<Called>, deadlines: &Rc<Deadlines>, first: usize) -> Self {
        let (called, deadlines) = (called.clone(), deadlines.clone());
        Self { called, deadlines, first, places: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    /// Adds a stream, which is called at once.
    pub(crate) fn add(&mut self, make: impl FnOnce(Rc<Deadline>) -> F) {
        let index = self.free.pop().unwrap_or_else(|| {
            let part = self.first + self.places.len();
            let (bell, deadline) = (Bell::new(&self.called, part), self.deadlines.add(part));
            self.places.push(Place { bell, deadline, future: None });
            self.places.len() - 1
        });
        if let Some(place) = self.places.get_mut(index) {
            place.future = Some(Box::pin(make(place.deadline.clone())));
            place.bell.ring();
        }
    }

    /// Goes on with a stream that was called.
    pub(crate) fn poll(&mut self, part: usize) {
        let index = part.wrapping_sub(self.first);
        let Some(place) = self.places.get_mut(index) else { return };
        let waker = place.bell.hear();
        // One that has ended may still be called.
        let Some(future) = &mut place.future else { return };
        if let Poll::Ready(()) = future.as_mut().poll(&mut Context::from_waker(waker)) {
            place.future = None;
            place.deadline.clear();
            self.free.push(index);
        }
    }

    /// Calls a stream.
    pub(crate) fn ring(&self, part: usize) {
        if let Some(place) = self.places.get(part.wrapping_sub(self.first)) {
            place.bell.ring();
        }
    }

    /// Ends all of them.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.free.clear();
    }
}
