//! How long a connection waits.
//!
//! The data plane is on the machine's clock and no other: under simulation the gateway's door is served by the chassis.

#![allow(clippy::disallowed_methods, reason = "the data plane's clock is here, and there is no other")]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::SystemTime;

use tokio::time::{Instant, Sleep};

/// Longer than anything waits that is not waited for.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// A moment on the machine's steady clock.
pub(crate) type Moment = Instant;

pub(crate) fn now() -> Moment {
    Instant::now()
}

/// The time of day, without asking for it for each request: the steady clock from a moment at which both were known.
#[derive(Debug)]
pub(crate) struct DayTime {
    start: Moment,
    /// Microseconds since 1970 at `start`.
    at_start: Cell<u64>,
}

impl DayTime {
    /// `start` is one for all threads, so that what they count together is counted from one moment.
    pub(crate) fn new(start: Moment) -> Self {
        let day_time = Self { start, at_start: Cell::new(0) };
        day_time.set();
        day_time
    }

    /// Asks for the time of day; it may have been set meanwhile.
    #[expect(clippy::disallowed_methods, reason = "the data plane is on the machine's clock, see above")]
    pub(crate) fn set(&self) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let since = since.saturating_sub(now().saturating_duration_since(self.start));
        self.at_start.set(u64::try_from(since.as_micros()).unwrap_or(u64::MAX));
    }

    /// The time since the start, and microseconds since 1970.
    pub(crate) fn of(&self, moment: Moment) -> (Duration, u64) {
        let since = moment.saturating_duration_since(self.start);
        let micros = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        (since, self.at_start.get().saturating_add(micros))
    }
}

/// Waits for a future, and not longer than so long.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "the data plane is on the machine's clock, see above")]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// When what a connection waits for has taken too long.
#[derive(Debug)]
pub(crate) struct Timer(Kind);

#[derive(Debug)]
enum Kind {
    Own(Alarm),
    Shared(Rc<Deadlines>, Rc<Deadline>),
}

impl Timer {
    /// A timer of its own.
    pub(crate) fn new(limit: Duration) -> Self {
        Self(Kind::Own(Alarm::new(now() + limit)))
    }

    /// One of many on a connection; the part of the connection is called when its deadline is over.
    pub(crate) fn shared(deadlines: &Rc<Deadlines>, deadline: Rc<Deadline>) -> Self {
        Self(Kind::Shared(deadlines.clone(), deadline))
    }

    /// From now on the deadline is this far away.
    pub(crate) fn set(&mut self, limit: Duration) {
        self.set_at(now() + limit);
    }

    /// From now on the deadline is this moment.
    pub(crate) fn set_at(&mut self, moment: Moment) {
        match &mut self.0 {
            Kind::Own(alarm) => alarm.set_at(moment),
            Kind::Shared(deadlines, deadline) => deadlines.set(deadline, moment),
        }
    }

    /// Ready once the deadline is over.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Kind::Own(alarm) => alarm.poll(context),
            Kind::Shared(deadlines, deadline) if deadlines.is_over(deadline) => Poll::Ready(()),
            Kind::Shared(..) => Poll::Pending,
        }
    }
}

/// A timer of the runtime.
///
/// Each phase has its deadline, and most phases end long before it. So the timer of the runtime is touched only when a
/// deadline is earlier than the one that it is set to; when it goes off too early it is set again.
#[derive(Debug)]
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    deadline: Moment,
}

impl Alarm {
    pub(crate) fn new(deadline: Moment) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep_until(deadline)), deadline }
    }

    /// From now on the deadline is this moment.
    pub(crate) fn set_at(&mut self, deadline: Moment) {
        self.deadline = deadline;
        if deadline < self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
        }
    }

    /// Ready once the deadline is over.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(context).is_ready() {
            if now() >= self.deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(self.deadline);
        }
        Poll::Pending
    }
}

/// The deadlines of one connection, which wait for one timer.
#[derive(Debug)]
pub(crate) struct Deadlines {
    all: RefCell<Vec<Rc<Deadline>>>,
    /// The earliest that is not over; it may be one that was put off meanwhile.
    next: Cell<Moment>,
    /// The moment up to which deadlines are over.
    over: Cell<Moment>,
}

/// The deadline of one part of a connection.
#[derive(Debug)]
pub(crate) struct Deadline {
    part: usize,
    moment: Cell<Option<Moment>>,
}

impl Deadline {
    /// Nothing is waited for.
    pub(crate) fn clear(&self) {
        self.moment.set(None);
    }
}

impl Deadlines {
    pub(crate) fn new(now: Moment) -> Self {
        Self { all: RefCell::default(), next: Cell::new(now + FAR), over: Cell::new(now) }
    }

    /// A further deadline. It is kept as long as the connection, so parts that come and go use theirs again.
    pub(crate) fn add(&self, part: usize) -> Rc<Deadline> {
        let deadline = Rc::new(Deadline { part, moment: Cell::new(None) });
        self.all.borrow_mut().push(deadline.clone());
        deadline
    }

    pub(crate) fn set(&self, deadline: &Deadline, moment: Moment) {
        deadline.moment.set(Some(moment));
        self.next.set(self.next.get().min(moment));
    }

    pub(crate) fn is_over(&self, deadline: &Deadline) -> bool {
        deadline.moment.get().is_some_and(|moment| moment <= self.over.get())
    }

    /// When to look again.
    pub(crate) fn next(&self) -> Moment {
        self.next.get()
    }

    /// Names the parts whose deadlines are over by now.
    pub(crate) fn pass(&self, now: Moment, mut over: impl FnMut(usize)) {
        self.over.set(now);
        let mut next = now + FAR;
        for deadline in &*self.all.borrow() {
            match deadline.moment.get() {
                Some(moment) if moment > now => next = next.min(moment),
                Some(_) => over(deadline.part),
                None => {}
            }
        }
        self.next.set(next);
    }
}
