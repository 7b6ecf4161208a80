//! When keys are fetched.

use std::time::Duration;

use proptest::prelude::*;

use super::super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn fetched(now: u64) -> Refresh {
    let mut refresh = Refresh::new(RefreshSettings::default());
    assert!(refresh.begin(at(now)));
    refresh.succeeded();
    refresh
}

#[test]
fn at_the_start_and_when_old() {
    let mut refresh = Refresh::new(RefreshSettings::default());
    assert!(!refresh.is_usable(at(5)));
    assert!(refresh.begin(at(5)));
    assert!(!refresh.begin(at(5)), "one is under way");
    assert_eq!(refresh.due_at(), None);
    refresh.succeeded();
    assert_eq!(refresh.due_at(), Some(at(605)));
    assert!(!refresh.begin(at(604)));
    assert!(refresh.begin(at(605)));
}

#[test]
fn an_unknown_key_is_asked_for_seldom() {
    let mut refresh = fetched(100);
    refresh.unknown_key();
    assert!(!refresh.begin(at(129)));
    assert!(refresh.begin(at(130)));
    refresh.unknown_key();
    refresh.succeeded();
    assert_eq!(refresh.due_at(), Some(at(160)));
    assert!(refresh.begin(at(160)));
    refresh.succeeded();
    assert_eq!(refresh.due_at(), Some(at(760)));
}

#[test]
fn failures_back_off_and_old_keys_stay_up_to_a_bound() {
    let mut refresh = fetched(100);
    let mut now = at(700);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        assert!(refresh.begin(now));
        refresh.failed(now, 0);
        assert!(refresh.is_usable(now));
        let due = refresh.due_at().unwrap();
        pauses.push((due - now).as_secs());
        now = due;
    }
    assert_eq!(pauses, [30, 30, 30, 30, 30, 32, 60, 60, 60]);
    assert!(refresh.is_usable(at(86_499)));
    assert!(!refresh.is_usable(at(86_500)));
    assert!(refresh.begin(now));
    refresh.succeeded();
    assert!(refresh.is_usable(now));
    assert_eq!(refresh.failures(), 0);
}

#[test]
fn before_the_first_keys_only_failures_hold_it_up() {
    let mut refresh = Refresh::new(RefreshSettings::default());
    assert!(refresh.begin(at(0)));
    refresh.failed(at(0), 500_000);
    assert_eq!(refresh.due_at(), Some(Duration::from_millis(1_500)));
    refresh.unknown_key();
    assert_eq!(refresh.due_at(), Some(Duration::from_millis(1_500)));
}

proptest! {
    /// However many keys nobody knows: with a set at hand, two fetches are as far apart as was said.
    #[test]
    fn tokens_cannot_make_it_fetch(steps in prop::collection::vec((0_u64..20_000, 0_u8..4, any::<u64>()), 1..200)) {
        let mut refresh = fetched(0);
        let (mut now, mut last) = (at(0), at(0));
        for (pause, step, random) in steps {
            now += Duration::from_millis(pause);
            match step {
                0 | 1 => refresh.unknown_key(),
                _ => {
                    if refresh.begin(now) {
                        prop_assert!(now - last >= at(30));
                        last = now;
                        if step == 2 { refresh.succeeded() } else { refresh.failed(now, random) }
                    }
                }
            }
        }
    }
}
