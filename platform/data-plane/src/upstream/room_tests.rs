use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;

fn room(requests: u32, connections: u32, pending: u32, threads: u32) -> Arc<Room> {
    Arc::new(Room::new(RoomBounds { requests, connections, pending }, threads))
}

#[test]
fn small_bounds_are_exact_however_many_threads_there_are() {
    let room = room(3, 1, 1, 8);
    let shares: Vec<_> = (0..8).map(|_| Share::new(room.clone())).collect();
    let mut held: Vec<_> = shares.iter().filter_map(|share| share.request().ok()).collect();
    assert_eq!(held.len(), 3, "each place may be any thread's");
    held.pop();
    assert!(shares[7].request().is_ok());
    assert_eq!((room.count(Reached::Requests), room.count(Reached::Pending)), (5, 0));
}

#[test]
fn at_most_an_eighth_lies_with_threads_that_have_no_use_for_it() {
    let room = room(1_024, 1, 1, 4);
    let idle: Vec<_> = (0..3).map(|_| Share::new(room.clone())).collect();
    for share in &idle {
        let held: Vec<_> = (0..200).map(|_| share.request().unwrap()).collect();
        drop(held);
    }
    let busy = Share::new(room.clone());
    let held: Vec<_> = std::iter::from_fn(|| busy.request().ok()).collect();
    assert!((896..=1_024).contains(&held.len()), "{}", held.len());
    drop((idle, held, busy));
    assert_eq!(room.requests.load(Ordering::Relaxed), 1_024, "nothing leaks");
}

#[test]
fn a_connection_that_is_closed_is_for_who_waits() {
    let room = room(1, 1, 1, 2);
    let (one, other) = (Share::new(room.clone()), Share::new(room.clone()));
    let held = one.connection().unwrap();
    assert!(other.connection().is_none());
    assert_eq!((room.connections(), room.pending()), (1, 0));
    let waiting = other.wait(Duration::from_secs(3_600), || other.connection());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let mut waiting = pin!(waiting);
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert_eq!(room.pending(), 1);
    assert!(one.is_wanted_elsewhere() && !other.is_wanted_elsewhere());
    assert_eq!(one.pending().err(), Some(Reached::Pending));
    drop(held);
    let Poll::Ready(Ok(got)) = waiting.as_mut().poll(&mut context) else { panic!("it is free") };
    assert!(one.connection().is_none());
    drop(got);
    assert!(one.connection().is_some());
}

#[test]
fn who_waits_on_the_same_thread_gets_what_is_unused() {
    let room = room(1, 1, 2, 2);
    let (one, other) = (Share::new(room.clone()), Share::new(room));
    let unused = RefCell::new(None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let mut waiting = pin!(one.wait(Duration::from_secs(3_600), || unused.take()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert!(!one.gives_away(), "nobody else wants it");
    let elsewhere = other.pending().unwrap();
    let turns: Vec<bool> = (0..4).map(|_| one.gives_away()).collect();
    assert_eq!(turns, [true, false, true, false], "they take turns");
    drop(elsewhere);
    unused.replace(Some(7));
    one.unused();
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(Ok(7)));
}

#[test]
fn nobody_waits_for_longer_than_is_said() {
    let room = room(1, 1, 1, 1);
    let share = Share::new(room.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let waited = runtime.block_on(share.wait(Duration::from_millis(1), || None::<()>));
    assert_eq!(waited, Err(Reached::Connections));
    assert_eq!((room.pending(), room.count(Reached::Connections)), (0, 1));
}

#[test]
fn other_bounds_count_on() {
    let first = room(1, 1, 1, 1);
    let share = Share::new(first.clone());
    let _held = share.request().unwrap();
    assert!(share.request().is_err());
    let second = first.with(RoomBounds { requests: 5, ..first.bounds() }, 1);
    assert_eq!((second.count(Reached::Requests), second.bounds().requests), (1, 5));
}

proptest! {
    /// However threads take and give back, no more is out than may be, and nothing is lost.
    #[test]
    fn the_bound_holds(
        most in 1_u32..2_000,
        threads in 1_u32..5,
        steps in prop::collection::vec((0_usize..4, any::<bool>(), 1_usize..300), 1..60),
    ) {
        let room = room(most, 1, 1, threads);
        let shares: Vec<_> = (0..threads).map(|_| Share::new(room.clone())).collect();
        let mut held: Vec<Vec<RequestPlace>> = shares.iter().map(|_| Vec::new()).collect();
        for (thread, takes, count) in steps {
            let thread = thread % shares.len();
            for _ in 0..count {
                if takes {
                    held[thread].extend(shares[thread].request().ok());
                } else {
                    held[thread].pop();
                }
            }
            prop_assert!(held.iter().map(Vec::len).sum::<usize>() <= most as usize);
        }
        drop((held, shares));
        prop_assert_eq!(room.requests.load(Ordering::Relaxed), most);
    }
}
