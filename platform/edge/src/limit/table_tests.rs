//! Never more than allowed, by one thread or by many, with room or without.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::limit::PolicyError;

const SECOND: Duration = Duration::from_secs(1);

fn policy(quota: u32, burst: u32) -> Policy {
    Policy::new(1, "default", (quota, SECOND), burst).unwrap()
}

fn allowed(table: &Table, policy: &Policy, client: &[u8], tries: usize, now: Duration) -> usize {
    (0..tries).filter(|_| table.take(policy, client, now).allowed).count()
}

#[test]
fn a_burst_and_then_one_per_interval() {
    let (table, policy) = (Table::new(64, 1), policy(10, 5));
    assert_eq!(allowed(&table, &policy, b"a", 20, SECOND), 5);
    assert_eq!(allowed(&table, &policy, b"a", 20, SECOND + Duration::from_micros(99_999)), 0);
    assert_eq!(allowed(&table, &policy, b"a", 20, SECOND + Duration::from_micros(100_000)), 1);
    assert_eq!(allowed(&table, &policy, b"b", 20, SECOND), 5);
    assert_eq!(allowed(&table, &policy, b"a", 20, 9 * SECOND), 5);
}

#[test]
fn what_is_told_holds() {
    let (table, policy) = (Table::new(64, 1), policy(10, 2));
    let told = |now| table.take(&policy, b"a", now);
    let milliseconds = Duration::from_millis;
    let first = told(SECOND);
    assert_eq!((first.remaining, first.reset, first.retry_after), (1, milliseconds(100), None));
    assert_eq!(told(SECOND).remaining, 0);
    let refused = told(SECOND);
    assert_eq!((refused.allowed, refused.remaining), (false, 0));
    assert_eq!((refused.reset, refused.retry_after), (milliseconds(200), Some(milliseconds(100))));
    assert!(told(SECOND + milliseconds(100)).allowed);
}

#[test]
fn what_does_not_divide_is_rounded_to_less() {
    let (table, policy) = (Table::new(64, 1), policy(3, 1));
    let moments =
        [0, 333_333, 333_334, 666_667, 666_668].map(|micros| SECOND + Duration::from_micros(micros));
    let found = moments.map(|now| table.take(&policy, b"a", now).allowed);
    assert_eq!(found, [true, false, true, false, true]);
}

#[test]
fn what_costs_more_than_ever_is_allowed_is_never_allowed() {
    let (table, policy) = (Table::new(64, 1), policy(10, 5));
    let decision = table.take_many(&policy, b"a", 6, SECOND);
    assert_eq!((decision.allowed, decision.retry_after, decision.retry_after_seconds()), (false, None, None));
    assert!(table.take_many(&policy, b"a", 5, SECOND).allowed);
    assert!(table.take_many(&policy, b"a", 0, SECOND).allowed);
}

#[test]
fn fields_are_as_the_draft_writes_them() {
    let table = Table::new(64, 1);
    let policy = Policy::new(1, "per-client", (100, Duration::from_millis(59_001)), 50).unwrap();
    assert_eq!(policy.field(), r#""per-client";q=100;w=60"#);
    let mut field = Vec::new();
    let decision = table.take(&policy, b"a", SECOND);
    decision.write_rate_limit(&policy, &mut field);
    assert_eq!(String::from_utf8(field).unwrap(), r#""per-client";r=49;t=1"#);
    assert_eq!(decision.retry_after_seconds(), None);
    let refused = table.take_many(&policy, b"a", 50, SECOND);
    assert_eq!(refused.retry_after_seconds(), Some(1));
}

#[test]
fn policies_that_are_none_are_refused() {
    let new = |name, quota, window, burst| Policy::new(1, name, (quota, window), burst).unwrap_err();
    assert_eq!(new("a", 0, SECOND, 1), PolicyError::Nothing);
    assert_eq!(new("a", 1, SECOND, 0), PolicyError::Nothing);
    assert_eq!(new("a", 1_000_001, SECOND, 1), PolicyError::TooOften);
    assert_eq!(new("a", 1, 86_401 * SECOND, 1), PolicyError::TooLong);
    assert_eq!(new("a", 1, SECOND, 86_401), PolicyError::TooLong);
    for name in ["", "a\"", "a\\", "a b", "é"] {
        assert_eq!(new(name, 1, SECOND, 1), PolicyError::Name, "{name}");
    }
}

#[test]
fn policies_do_not_share_their_clients() {
    let table = Table::new(64, 1);
    let other = Policy::new(2, "other", (10, SECOND), 5).unwrap();
    assert_eq!(allowed(&table, &policy(10, 5), b"a", 9, SECOND), 5);
    assert_eq!(allowed(&table, &other, b"a", 9, SECOND), 5);
}

#[test]
fn made_up_clients_do_not_put_out_a_busy_one() {
    let (table, policy) = (Table::new(WAYS, 1), policy(10, 100));
    assert_eq!(allowed(&table, &policy, b"busy", 50, SECOND), 50);
    for client in 0_u32..1_000 {
        table.take(&policy, &client.to_be_bytes(), SECOND);
    }
    assert!(allowed(&table, &policy, b"busy", 100, SECOND) <= 50);
    // With as many clients as there are places, each pays for a burst of its own only.
    let table = Table::new(WAYS, 1);
    assert_eq!(allowed(&table, &policy, b"busy", 50, SECOND), 50);
    for client in 0_u32..7 {
        assert!(table.take(&policy, &client.to_be_bytes(), SECOND).allowed);
    }
    assert_eq!(allowed(&table, &policy, b"busy", 100, SECOND), 50);
}

#[test]
fn the_idle_make_room_and_lose_nothing() {
    let (table, policy) = (Table::new(WAYS, 1), policy(10, 5));
    for client in 0_u32..200 {
        let now = SECOND * (client + 1);
        assert_eq!(allowed(&table, &policy, &client.to_be_bytes(), 9, now), 5, "{client}");
    }
}

#[test]
fn times_turn_around() {
    let (table, policy) = (Table::new(WAYS, 1), policy(10, 5));
    let turn = Duration::from_micros(TIME + 1);
    for now in [turn - Duration::from_millis(50), turn, turn + SECOND, turn * 3 + SECOND] {
        let table = Table::new(WAYS, 1);
        assert_eq!(allowed(&table, &policy, b"a", 9, now), 5, "{now:?}");
        assert_eq!(allowed(&table, &policy, b"a", 9, now + Duration::from_millis(100)), 1, "{now:?}");
    }
    assert_eq!(allowed(&table, &policy, b"a", 9, SECOND), 5);
    assert_eq!(allowed(&table, &policy, b"a", 9, turn / 2), 5);
}

#[test]
fn threads_together_get_what_one_would() {
    let policy = policy(1_000, 500);
    for (places, clients) in [(4_096, 4), (WAYS, 30)] {
        for round in 0..40 {
            let table = Table::new(places, round);
            let counts: Vec<Vec<u32>> = std::thread::scope(|scope| {
                let work = |thread: usize| {
                    let (table, policy) = (&table, &policy);
                    move || {
                        let mut counts = vec![0; clients];
                        for turn in 0..4_000 {
                            let client = (turn * 7 + thread) % clients;
                            let now = SECOND + Duration::from_micros((turn / 100) as u64);
                            if table.take(policy, &client.to_be_bytes(), now).allowed {
                                counts[client] += 1;
                            }
                        }
                        counts
                    }
                };
                let threads: Vec<_> = (0..4).map(|thread| scope.spawn(work(thread))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            for client in 0..clients {
                let all: u32 = counts.iter().map(|counts| counts[client]).sum();
                assert!(all <= 500, "{all} for client {client} of {clients}");
                assert!(places == WAYS || all == 500, "{all} for client {client}");
            }
        }
    }
}

proptest! {
    /// In no time does anybody get more than the burst and what came back since, however many stand in line.
    #[test]
    fn nobody_gets_more_than_the_policy_allows(
        places in 1_usize..17,
        steps in prop::collection::vec((0_u64..3_000, 0_u8..14, 1_u32..4), 1..400),
    ) {
        let (table, policy) = (Table::new(places, 7), policy(100, 10));
        let mut now = SECOND;
        let mut granted: BTreeMap<u8, Vec<(Duration, u32)>> = BTreeMap::new();
        for (pause, client, cost) in steps {
            now += Duration::from_micros(pause);
            if table.take_many(&policy, &[client], cost, now).allowed {
                granted.entry(client).or_default().push((now, cost));
            }
        }
        for granted in granted.values() {
            for first in 0..granted.len() {
                let mut sum = 0;
                for (at, cost) in &granted[first..] {
                    sum += u64::from(*cost);
                    let since = (*at - granted[first].0).as_micros() as u64;
                    prop_assert!(sum <= 10 + since / 10_000, "{} in {}", sum, since);
                }
            }
        }
    }

    /// With room for everybody it is the algorithm as it is written down, client by client.
    #[test]
    fn it_is_the_algorithm(steps in prop::collection::vec((0_u64..40_000, 0_u8..4), 1..200)) {
        let (table, policy) = (Table::new(4_096, 7), policy(100, 10));
        let mut now = 1_000_000;
        let mut arrivals = [0_u64; 4];
        for (pause, client) in steps {
            now += pause;
            let arrival = &mut arrivals[usize::from(client)];
            let conforms = *arrival <= now + 10_000 * 9;
            if conforms {
                *arrival = now.max(*arrival) + 10_000;
            }
            let decision = table.take(&policy, &[client], Duration::from_micros(now));
            prop_assert_eq!(decision.allowed, conforms);
            if let Some(wait) = decision.retry_after {
                prop_assert_eq!(now + wait.as_micros() as u64, *arrival - 90_000);
            }
        }
    }
}
