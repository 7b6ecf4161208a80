use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::*;
use crate::timer::now;

type Log = Rc<RefCell<Vec<u32>>>;

/// A future that waits until it is called again, and then notes its number.
async fn noting(log: Log, wakers: Rc<RefCell<BTreeMap<u32, Waker>>>, inbox: Rc<Inbox<u32>>) {
    loop {
        let number = inbox.next().await;
        let mut was_here = false;
        poll_fn(|context| {
            if std::mem::replace(&mut was_here, true) {
                return Poll::Ready(());
            }
            wakers.borrow_mut().insert(number, context.waker().clone());
            Poll::Pending
        })
        .await;
        log.borrow_mut().push(number);
    }
}

/// Counts how often the task is called.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn only_those_that_were_called_go_on_and_places_are_used_again() {
    let (called, log, wakers) = (Arc::<Called>::default(), Log::default(), Rc::default());
    let deadlines = Rc::new(Deadlines::new(now()));
    let (logged, waiting) = (log.clone(), Rc::clone(&wakers));
    let make = move |inbox, _| noting(logged.clone(), Rc::clone(&waiting), inbox);
    let mut streams = Streams::new(&called, &deadlines, 3, make);
    let mut parts = Vec::new();
    let mut run = |streams: &mut Streams<_, _, _>| {
        called.take(&mut parts);
        parts.iter().for_each(|&part| streams.poll(part));
        parts.clone()
    };
    for number in 0..10 {
        streams.add(number);
    }
    assert_eq!(run(&mut streams), (3..13).collect::<Vec<_>>());
    assert!(run(&mut streams).is_empty() && log.borrow().is_empty());
    for number in [7, 2, 7] {
        wakers.borrow()[&number].wake_by_ref();
    }
    assert_eq!(run(&mut streams), [10, 5]);
    assert_eq!(*log.borrow(), [7, 2]);
    streams.add(20);
    streams.add(21);
    assert_eq!(run(&mut streams), [5, 10]);
    // Who was served is called for nothing.
    wakers.borrow().values().for_each(Waker::wake_by_ref);
    run(&mut streams);
    assert_eq!(*log.borrow(), [7, 2, 0, 1, 20, 3, 4, 5, 6, 21, 8, 9].map(|number| number));
    assert!(streams.is_empty());
    let made =
        |streams: &Streams<_, _, _>| streams.places.iter().filter(|place| place.future.is_some()).count();
    assert_eq!(made(&streams), 10);
    streams.shrink();
    assert_eq!(made(&streams), KEPT);
    streams.add(30);
    assert_eq!(run(&mut streams), [3]);
}

#[test]
fn the_task_is_woken_once_and_only_when_it_rests() {
    let (called, task) = (Arc::<Called>::default(), Arc::<Task>::default());
    let (bell, waker) = (Bell::new(&called, 0), Waker::from(task.clone()));
    let mut parts = Vec::new();
    called.begin();
    bell.ring();
    assert_eq!(task.0.load(Ordering::SeqCst), 0);
    // A call that was not looked at.
    called.rest(&waker);
    assert_eq!(task.0.load(Ordering::SeqCst), 1);
    called.begin();
    called.take(&mut parts);
    assert_eq!(parts, [0]);
    bell.hear();
    called.rest(&waker);
    assert_eq!(task.0.load(Ordering::SeqCst), 1);
    bell.ring();
    bell.ring();
    assert_eq!(task.0.load(Ordering::SeqCst), 2);
    called.take(&mut parts);
    assert_eq!(parts, [0]);
}

#[test]
fn a_deadline_calls_its_part_when_it_is_over() {
    let began = now();
    let at = |seconds| began + Duration::from_secs(seconds);
    let deadlines = Rc::new(Deadlines::new(began));
    let (one, other) = (deadlines.add(1), deadlines.add(2));
    deadlines.set(&one, at(5));
    deadlines.set(&other, at(3));
    assert_eq!(deadlines.next(), at(3));
    // Put off: the alarm goes off too early, and calls nobody.
    deadlines.set(&other, at(9));
    let mut over = Vec::new();
    deadlines.pass(at(3), |part| over.push(part));
    assert!(over.is_empty());
    assert_eq!(deadlines.next(), at(5));
    deadlines.pass(at(6), |part| over.push(part));
    assert_eq!(over, [1]);
    assert!(deadlines.is_over(&one) && !deadlines.is_over(&other));
    one.clear();
    assert!(!deadlines.is_over(&one));
    assert_eq!(deadlines.next(), at(9));
}
