//! The chain against a model: a log, messages of it in any order and number, and a reader that also has the log.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::value::RawValue;
use tradewind_events::Envelope;
use tradewind_kernel::{Clock, Entropy};

use super::*;

fn incoming(position: i64, previous: i64) -> Incoming {
    let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
    let event = Envelope {
        specversion: "1.0".to_owned(),
        id: entropy.id(&clock),
        source: "/tradewind/lamps".to_owned(),
        kind: "tradewind.lamps.lamp-lit.v1".to_owned(),
        time: clock.now(),
        datacontenttype: "application/json".to_owned(),
        partitionkey: "x".to_owned(),
        sequence: 1,
        correlationid: entropy.id(&clock),
        causationid: None,
        traceparent: String::new(),
        release: None,
        data: RawValue::from_string("{}".to_owned()).unwrap(),
    };
    Incoming { recorded: Recorded { position, event }, previous }
}

fn positions(events: &[Recorded]) -> Vec<i64> {
    events.iter().map(|event| event.position).collect()
}

#[test]
fn a_gap_holds_back_what_follows_until_it_is_filled() {
    let mut chain = Chain::default();
    chain.go_to(10);
    assert_eq!(chain.arrive(1, incoming(15, 12)), Arrival::Kept);
    assert_eq!((chain.is_ready(), chain.gap()), (false, Some(12)), "12 is missing, and 11 never was");
    assert_eq!(chain.arrive(2, incoming(12, 10)), Arrival::Kept);
    assert_eq!((chain.is_ready(), chain.gap()), (true, None));
    assert_eq!(positions(&chain.ready(10)), [12, 15]);
    assert_eq!(positions(&chain.ready(1)), [12]);
}

#[test]
fn only_what_is_passed_is_acknowledged_and_nothing_before_it_that_is_not() {
    let mut chain = Chain::default();
    for (tag, position, previous) in [(1, 2, 1), (2, 4, 3), (3, 3, 2), (4, 1, 0)] {
        chain.arrive(tag, incoming(position, previous));
    }
    assert_eq!(chain.go_to(1), None, "1 came last, and to acknowledge it would acknowledge all");
    assert_eq!(chain.go_to(3), Some(1));
    assert_eq!(chain.go_to(4), Some(4));
    assert_eq!(chain.arrive(5, incoming(4, 3)), Arrival::Duplicate);
    assert_eq!(chain.go_to(4), Some(5));
    assert_eq!(chain.arrive(5, incoming(4, 3)), Arrival::Duplicate);
    assert_eq!(chain.go_to(4), None, "a delivery that came twice is acknowledged once");
}

#[test]
fn a_reader_that_goes_back_misses_what_it_had_passed() {
    let mut chain = Chain::default();
    chain.arrive(1, incoming(1, 0));
    chain.arrive(2, incoming(2, 1));
    chain.go_to(1);
    chain.go_to(0);
    assert_eq!((chain.is_ready(), chain.gap()), (false, Some(1)));
}

/// What happens to the reader of a log of which each message may be late, doubled or lost.
#[derive(Debug, Clone)]
enum Step {
    Deliver(usize),
    Read(usize),
    /// The reader takes the next event from the log itself.
    Fetch,
    Reconnect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any::<usize>().prop_map(Step::Deliver),
        3 => (1..4_usize).prop_map(Step::Read),
        1 => Just(Step::Fetch),
        1 => Just(Step::Reconnect),
    ]
}

proptest! {
    #[test]
    fn every_event_is_read_once_and_in_order(
        jumps in prop::collection::vec(1..4_i64, 1..12),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let log: Vec<i64> = jumps.iter().scan(0, |at, jump| { *at += jump; Some(*at) }).collect();
        let before = |at: usize| if at == 0 { 0 } else { log[at - 1] };
        let (mut chain, mut read, mut tag) = (Chain::default(), Vec::new(), 0);
        let mut open = BTreeSet::new();
        for step in steps {
            let reached = read.last().copied().unwrap_or(0);
            match step {
                Step::Deliver(any) => {
                    let at = any % log.len();
                    tag += 1;
                    open.insert(tag);
                    let known = log[at] <= reached;
                    let arrival = chain.arrive(tag, incoming(log[at], before(at)));
                    prop_assert!(!known || arrival == Arrival::Duplicate);
                }
                Step::Read(limit) => {
                    let ready = positions(&chain.ready(limit));
                    prop_assert!(ready.len() <= limit);
                    prop_assert_eq!(&log[read.len()..read.len() + ready.len()], &ready[..], "the next, and no other");
                    read.extend(ready);
                }
                Step::Fetch => read.extend(log.get(read.len())),
                Step::Reconnect => {
                    chain.forget();
                    open.clear();
                    tag = 0;
                }
            }
            let reached = read.last().copied().unwrap_or(0);
            if let Some(until) = chain.go_to(reached) {
                prop_assert!(open.contains(&until), "acknowledged once, on the channel that delivered it");
                open = open.split_off(&(until + 1));
            }
            prop_assert!(chain.len() <= log.len());
            prop_assert_eq!(chain.is_ready(), !chain.ready(1).is_empty());
            if let Some(gap) = chain.gap() {
                prop_assert!(gap > reached && log.contains(&gap));
            }
        }
    }
}
