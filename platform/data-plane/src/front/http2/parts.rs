//! The parts of a connection, and which of them have something to do.
//!
//! A connection is one task: its protocol and all its streams. Each part has a waker of its own, so that the task looks
//! only at those that were called.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::timer::{Deadline, Deadlines, Timer};

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

/// Places for streams that are kept when a connection has none at the moment.
const KEPT: usize = 4;

/// The streams of a connection. `M` makes the future `F` of a place, which serves one stream `T` after the other: so what
/// a stream needs is not made and moved for each.
pub(crate) struct Streams<T, F, M> {
    called: Arc<Called>,
    deadlines: Rc<Deadlines>,
    /// The number of the first one as a part of the connection.
    first: usize,
    make: M,
    places: Vec<Place<T, F>>,
    free: Vec<usize>,
    /// The most streams at a time since there was none.
    most: usize,
}

/// A place for a stream. The next one takes over its waker and its deadline, too.
struct Place<T, F> {
    bell: Bell,
    deadline: Rc<Deadline>,
    inbox: Rc<Inbox<T>>,
    future: Option<Pin<Box<F>>>,
    is_taken: bool,
}

/// What a place is given to serve.
pub(crate) struct Inbox<T> {
    next: Cell<Option<T>>,
    /// The one before was served.
    is_waiting: Cell<bool>,
}

impl<T> Inbox<T> {
    fn new() -> Rc<Self> {
        Rc::new(Self { next: Cell::new(None), is_waiting: Cell::new(false) })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&self) -> T {
        poll_fn(|_| {
            let next = self.next.take();
            self.is_waiting.set(next.is_none());
            next.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl<T, F, M> Streams<T, F, M>
where
    F: Future<Output = ()>,
    M: FnMut(Rc<Inbox<T>>, Timer) -> F,
{
    pub(crate) fn new(called: &Arc<Called>, deadlines: &Rc<Deadlines>, first: usize, make: M) -> Self {
        let (called, deadlines) = (called.clone(), deadlines.clone());
        Self { called, deadlines, first, make, places: Vec::new(), free: Vec::new(), most: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    /// Adds a stream, which is called at once.
    pub(crate) fn add(&mut self, stream: T) {
        let index = self.free.pop().unwrap_or_else(|| self.add_place());
        self.most = self.most.max(self.places.len() - self.free.len());
        let Some(place) = self.places.get_mut(index) else { return };
        place.inbox.next.set(Some(stream));
        place.is_taken = true;
        if place.future.is_none() {
            let timer = Timer::shared(&self.deadlines, place.deadline.clone());
            place.future = Some(Box::pin((self.make)(place.inbox.clone(), timer)));
        }
        place.bell.ring();
    }

    fn add_place(&mut self) -> usize {
        let part = self.first + self.places.len();
        let (bell, deadline) = (Bell::new(&self.called, part), self.deadlines.add(part));
        self.places.push(Place { bell, deadline, inbox: Inbox::new(), future: None, is_taken: false });
        self.places.len() - 1
    }

    /// Goes on with a stream that was called.
    pub(crate) fn poll(&mut self, part: usize) {
        let index = part.wrapping_sub(self.first);
        let Some(place) = self.places.get_mut(index) else { return };
        let waker = place.bell.hear();
        // One that was served may still be called.
        let Some(future) = place.future.as_mut().filter(|_| place.is_taken) else { return };
        let has_ended = future.as_mut().poll(&mut Context::from_waker(waker)).is_ready();
        if has_ended {
            place.future = None;
        }
        if has_ended || place.inbox.is_waiting.get() {
            place.is_taken = false;
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

    /// Gives up what only many streams need, once there is none.
    pub(crate) fn shrink(&mut self) {
        if self.is_empty() && self.most > KEPT {
            self.places.iter_mut().skip(KEPT).for_each(|place| place.future = None);
            // Those that are kept are taken first.
            self.free.sort_unstable_by(|one, other| other.cmp(one));
            self.most = 0;
        }
    }

    /// Ends all of them.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.free.clear();
    }
}

#[cfg(test)]
mod tests;
