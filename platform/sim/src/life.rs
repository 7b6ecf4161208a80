//! One life of a process: its tasks go step by step, and stop between any two of them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_chassis::Pace;
use tradewind_kernel::FaultPoint;

use crate::passes::Passes;

/// What is done when a life ends where it was to end. It must not use the database.
pub(crate) type Fall = Box<dyn FnOnce() + Send>;

/// Who is dead and has to be taken away, and how long it stays away.
#[derive(Debug)]
pub(crate) struct Fallen {
    pub(crate) node: String,
    pub(crate) life: u32,
    pub(crate) away: Duration,
}

/// Where a life is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// Before the step with this number from now.
    Step(u32),
    /// At this pass of a fault point from now.
    Point(FaultPoint, u32),
}

/// One life of a process.
pub(crate) struct Life {
    me: Weak<Life>,
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Default)]
struct State {
    triggers: Vec<(Trigger, Fall)>,
    /// By whom it is stalled: numbers of faults.
    stalls: Vec<u32>,
    /// Those that were felt.
    felt: Vec<u32>,
    /// It goes no further: it is dead, and not taken away yet.
    is_fallen: bool,
    /// It is dead, and its tasks may see that they are dropped.
    is_over: bool,
    /// It is dead.
    is_gone: bool,
    waiting: Vec<Waker>,
}

/// How the names of fault points begin that are passed only where events travel by a broker.
const OF_BROKER: [&str; 2] = ["amqp.", "events.relay."];

thread_local! {
    /// Whose task takes a step on this thread: a run has one thread, and a fault point tells nobody who passes it.
    static CURRENT: RefCell<Weak<Life>> = const { RefCell::new(Weak::new()) };
    /// What happened at fault points in this run.
    static PASSES: RefCell<BTreeMap<&'static str, Passes>> = const { RefCell::new(BTreeMap::new()) };
    /// Whether somebody counts.
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

impl Life {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new_cyclic(|me| Self { me: me.clone(), state: Mutex::default(), ended: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it where `trigger` says.
    pub(crate) fn arm(&self, trigger: Trigger, fall: Fall) {
        self.state().triggers.push((trigger, fall));
    }

    /// Nothing that was to happen happens any more.
    pub(crate) fn spare(&self) {
        self.state().triggers.clear();
    }

    /// Its tasks take no further step.
    pub(crate) fn freeze(&self) {
        self.state().is_fallen = true;
    }

    /// It stands still.
    pub(crate) fn stall(&self, fault: u32) {
        self.state().stalls.push(fault);
    }

    /// It goes on; gives whether it would have done something meanwhile.
    pub(crate) fn go_on(&self, fault: u32) -> bool {
        let (woken, is_felt) = {
            let mut state = self.state();
            state.stalls.retain(|other| *other != fault);
            let is_felt = state.felt.contains(&fault);
            let woken = if state.stalls.is_empty() { std::mem::take(&mut state.waiting) } else { Vec::new() };
            (woken, is_felt)
        };
        woken.into_iter().for_each(Waker::wake);
        is_felt
    }

    /// It is dead: whoever waits for it sees that.
    pub(crate) fn end(&self) {
        let woken = {
            let mut state = self.state();
            (state.is_over, state.is_gone) = (true, true);
            state.triggers.clear();
            std::mem::take(&mut state.waiting)
        };
        self.ended.notify_waiters();
        woken.into_iter().for_each(Waker::wake);
    }

    /// It is dead, and its tasks stay where they are for ever.
    pub(crate) fn end_frozen(&self) {
        {
            let mut state = self.state();
            (state.is_fallen, state.is_gone) = (true, true);
            state.triggers.clear();
        }
        self.ended.notify_waiters();
    }

    /// Waits until it is dead.
    pub(crate) async fn ended(&self) {
        let ended = self.ended.notified();
        if !self.state().is_gone {
            ended.await;
        }
    }

    #[cfg(any(test, feature = "fault-points"))]
    /// The code comes to a point; gives whether the life ends there.
    fn passes(&self, point: FaultPoint) -> bool {
        let mut falls = Vec::new();
        {
            let mut state = self.state();
            if state.is_fallen || state.is_over {
                return false;
            }
            for (trigger, _) in &mut state.triggers {
                if let Trigger::Point(armed, left) = trigger
                    && *armed == point
                {
                    *left = left.saturating_sub(1);
                }
            }
            state.take_due(&mut falls);
        }
        let ends = !falls.is_empty();
        falls.into_iter().for_each(|fall| fall());
        ends
    }
}

impl State {
    /// Takes what is due; the life is at its end then.
    fn take_due(&mut self, falls: &mut Vec<Fall>) {
        let is_due = |trigger: &Trigger| matches!(trigger, Trigger::Step(0) | Trigger::Point(_, 0));
        if let Some(index) = self.triggers.iter().position(|(trigger, _)| is_due(trigger)) {
            falls.push(self.triggers.swap_remove(index).1);
            self.triggers.clear();
            self.is_fallen = true;
        }
    }

    fn wait(&mut self, waker: &Waker) -> Poll<()> {
        if !self.waiting.iter().any(|other| other.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
        Poll::Pending
    }
}

impl Pace for Life {
    fn step(&self, context: &Context<'_>) -> Poll<()> {
        if COUNTS.get() {
            CURRENT.with_borrow_mut(|current| current.clone_from(&self.me));
        }
        let mut falls = Vec::new();
        {
            let mut state = self.state();
            if state.is_over {
                return Poll::Ready(());
            }
            if !state.stalls.is_empty() {
                state.felt = state.stalls.clone();
                return state.wait(context.waker());
            }
            for (trigger, _) in &mut state.triggers {
                if let Trigger::Step(left) = trigger {
                    *left = left.saturating_sub(1);
                }
            }
            state.take_due(&mut falls);
            if falls.is_empty() {
                return if state.is_fallen { state.wait(context.waker()) } else { Poll::Ready(()) };
            }
            let _ = state.wait(context.waker());
        }
        falls.into_iter().for_each(|fall| fall());
        Poll::Pending
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(f, "Life(fallen {}, over {})", state.is_fallen, state.is_over)
    }
}

/// Counts the passes of fault points on this thread from now on, if this build has any.
pub(crate) fn count_points() {
    // One that nobody passes shall be seen too.
    let none = points(true).into_iter().map(|point| (point.name(), Passes::default()));
    PASSES.with_borrow_mut(|passes| *passes = none.collect());
    CURRENT.with_borrow_mut(|current| *current = Weak::new());
    #[cfg(feature = "fault-points")]
    {
        static HOOKED: std::sync::Once = std::sync::Once::new();
        HOOKED.call_once(|| {
            // Who has armed the process by other means keeps it.
            let _ = FaultPoint::hook(passed);
        });
        COUNTS.set(true);
    }
}

/// The fault points at which a process can end here.
///
/// Those of a broker are never passed without one.
pub(crate) fn points(has_broker: bool) -> Vec<FaultPoint> {
    if !cfg!(feature = "fault-points") {
        return Vec::new();
    }
    let is_of_broker = |point: &FaultPoint| OF_BROKER.iter().any(|part| point.name().starts_with(part));
    tradewind_chassis::fault_points().into_iter().filter(|point| has_broker || !is_of_broker(point)).collect()
}

/// How often each fault point was passed since counting began.
pub(crate) fn passes() -> BTreeMap<&'static str, Passes> {
    PASSES.with_borrow(Clone::clone)
}

#[cfg(feature = "fault-points")]
fn passed(point: FaultPoint) {
    if !COUNTS.get() {
        return;
    }
    let ends = CURRENT.with_borrow(Weak::upgrade).is_some_and(|life| life.passes(point));
    PASSES.with_borrow_mut(|passes| {
        let passes = passes.entry(point.name()).or_default();
        passes.passed += 1;
        passes.ended += u64::from(ends);
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn fall(falls: &Arc<AtomicU32>) -> Fall {
        let falls = falls.clone();
        Box::new(move || {
            falls.fetch_add(1, Ordering::Relaxed);
        })
    }

    fn step(life: &Life) -> bool {
        life.step(&Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_life_ends_before_the_step_that_was_chosen_and_takes_none_until_it_is_taken_away() {
        let (life, falls) = (Life::new(), Arc::new(AtomicU32::new(0)));
        life.arm(Trigger::Step(3), fall(&falls));
        assert_eq!((0..6).map(|_| step(&life)).collect::<Vec<_>>(), [true, true, false, false, false, false]);
        assert_eq!(falls.load(Ordering::Relaxed), 1);
        life.end();
        assert!(step(&life));
    }

    #[test]
    fn a_life_ends_at_the_pass_of_its_point_and_at_no_other() {
        const A: FaultPoint = FaultPoint::new("test.a");
        const B: FaultPoint = FaultPoint::new("test.b");
        let (life, falls) = (Life::new(), Arc::new(AtomicU32::new(0)));
        life.arm(Trigger::Point(A, 2), fall(&falls));
        assert_eq!([A, B, A, A].map(|point| life.passes(point)), [false, false, true, false]);
        assert_eq!(falls.load(Ordering::Relaxed), 1);
        assert!(!step(&life));
    }

    #[test]
    fn who_stalls_goes_on_when_the_last_stall_is_over() {
        let life = Life::new();
        life.stall(1);
        assert!(!step(&life));
        life.stall(2);
        assert!(life.go_on(1));
        assert!(!step(&life));
        assert!(life.go_on(2));
        assert!(step(&life));
        life.stall(3);
        assert!(!life.go_on(3), "nobody noticed");
    }
}
