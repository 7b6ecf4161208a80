use crate::timer::now;

use super::*;

fn of(count: usize, settings: &ClusterSettings) -> (Standing, Moment) {
    let start = now();
    let standing = Standing::new(settings, start);
    let names: Vec<String> = (0..count).map(|number| format!("127.0.0.1:{number}")).collect();
    let places = standing.set(&names, start);
    assert_eq!(places, (0..count).map(Some).collect::<Vec<_>>());
    (standing, start)
}

fn failed(standing: &Standing, place: usize, now: Moment) -> Option<usize> {
    let others = Places::ALL.without(place);
    let picked = standing.pick(others, Belongs::default(), now).unwrap();
    assert_eq!(picked.place(), place);
    let report = Report { took: Duration::from_millis(1), is_well: false };
    let out = standing.report(picked, report, now);
    standing.left(picked);
    out
}

fn picks(standing: &Standing, tried: Places, now: Moment) -> Vec<usize> {
    let mut picks: Vec<usize> = (0..200)
        .map(|_| {
            let picked = standing.pick(tried, Belongs::default(), now).unwrap();
            standing.left(picked);
            picked.place()
        })
        .collect();
    picks.sort_unstable();
    picks.dedup();
    picks
}

#[test]
fn tried_and_ejected_ones_come_last() {
    let (standing, now) = of(3, &ClusterSettings { failures: 1, ..ClusterSettings::default() });
    assert_eq!(failed(&standing, 1, now), Some(1));
    assert!(standing.left_alone(now).has(1));
    let first = Places::NONE.with(0);
    assert_eq!(picks(&standing, first, now), [2]);
    assert_eq!(picks(&standing, first.with(2), now), [1], "one that is left alone is better than none");
    assert!(!picks(&standing, Places::ALL, now).is_empty(), "and so is one that was tried");
}

#[test]
fn an_endpoint_that_is_full_gets_nothing_and_nobody_is_busy_without_endpoints() {
    let (standing, now) = of(1, &ClusterSettings { most_requests: 2, ..ClusterSettings::default() });
    let first = standing.pick(Places::NONE, Belongs::default(), now).unwrap();
    let _second = standing.pick(Places::NONE, Belongs::default(), now).unwrap();
    assert_eq!(standing.pick(Places::NONE, Belongs::default(), now), Err(Nobody::Busy));
    standing.left(first);
    assert!(standing.pick(Places::NONE, Belongs::default(), now).is_ok());
    let (standing, now) = of(0, &ClusterSettings::default());
    assert_eq!(standing.pick(Places::NONE, Belongs::default(), now), Err(Nobody::Empty));
}

#[test]
fn what_is_known_of_one_that_left_is_not_for_its_successor() {
    let (standing, now) = of(2, &ClusterSettings { failures: 1, ..ClusterSettings::default() });
    let picked = standing.pick(Places::NONE.with(0), Belongs::default(), now).unwrap();
    standing.set(&["127.0.0.1:0".to_owned(), "other".to_owned()], now);
    let report = Report { took: Duration::from_millis(1), is_well: false };
    assert_eq!(standing.report(picked, report, now), None);
    assert!(standing.left_alone(now).is_empty());
    standing.left(picked);
    assert_eq!(failed(&standing, 1, now), Some(1));
    standing.set(&["127.0.0.1:0".to_owned(), "third".to_owned()], now);
    assert!(standing.left_alone(now).is_empty());
}

#[test]
fn attempts_again_have_a_budget() {
    let (standing, now) = of(1, &ClusterSettings { threads: 10, ..ClusterSettings::default() });
    assert_eq!((0..1_000).filter(|_| standing.withdraw(now)).count(), 10);
    (0..100).for_each(|_| standing.deposit(now));
    // A fifth of them, and ten of that are taken.
    assert_eq!((0..1_000).filter(|_| standing.withdraw(now)).count(), 10);
}

#[test]
fn each_endpoint_is_asked_once_at_first() {
    let (standing, now) = of(9, &ClusterSettings::default());
    let mut found: Vec<usize> = (0..9)
        .map(|_| {
            let picked = standing.pick(Places::NONE, Belongs::default(), now).unwrap();
            standing.report(picked, Report { took: Duration::from_millis(1), is_well: true }, now);
            standing.left(picked);
            picked.place()
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, (0..9).collect::<Vec<_>>());
}

#[test]
fn who_fails_its_checks_gets_nothing_unless_all_do() {
    let (standing, now) = of(3, &ClusterSettings { most_requests: 1, ..ClusterSettings::default() });
    standing.set_down(Places::NONE.with(0).with(2), now);
    assert_eq!(picks(&standing, Places::NONE, now), [1]);
    assert_eq!(picks(&standing, Places::NONE.with(1), now), [1], "who was tried and works is better");
    let only = standing.pick(Places::NONE, Belongs::default(), now).unwrap();
    assert_eq!(standing.pick(Places::NONE, Belongs::default(), now), Err(Nobody::Busy));
    standing.left(only);
    standing.set_down(Places::ALL, now);
    assert_eq!(picks(&standing, Places::NONE, now), [0, 1, 2]);
    // Who takes the place of one that has left was not checked yet.
    standing.set_down(Places::NONE.with(0).with(1), now);
    let names = ["127.0.0.1:0", "another", "127.0.0.1:2"].map(str::to_owned);
    standing.set(&names, now);
    assert_eq!(picks(&standing, Places::NONE, now), [1, 2]);
}

#[test]
fn a_client_is_kept_where_it_was_as_long_as_that_works() {
    let (standing, now) = of(3, &ClusterSettings { failures: 1, ..ClusterSettings::default() });
    let kept = Belongs { place: Some(2), key: None };
    let place = |tried| {
        let picked = standing.pick(tried, kept, now).unwrap();
        standing.left(picked);
        picked.place()
    };
    assert!((0..20).all(|_| place(Places::NONE) == 2));
    assert_ne!(place(Places::NONE.with(2)), 2);
    assert_eq!(failed(&standing, 2, now), Some(2));
    assert_ne!(place(Places::NONE), 2);
}

#[test]
fn spare_ones_help_out_when_the_others_are_not_enough() {
    let (standing, now) = of(4, &ClusterSettings { failures: 1, ..ClusterSettings::default() });
    standing.set_spare(Places::NONE.with(2).with(3));
    let none = Places::NONE;
    assert_eq!(picks(&standing, none, now), [0, 1]);
    assert_eq!(picks(&standing, none.with(0).with(1), now), [2, 3], "where the others were tried");
    standing.set_down(none.with(0), now);
    assert_eq!(picks(&standing, none, now), [1, 2, 3], "one would get twice its share");
    standing.set_down(none.with(0).with(1), now);
    assert_eq!(picks(&standing, none, now), [2, 3], "none of the others passes its checks");
    standing.set_down(none, now);
    assert_eq!((failed(&standing, 0, now), failed(&standing, 1, now)), (Some(0), Some(1)));
    assert_eq!(picks(&standing, none, now), [2, 3], "the others are left alone");
    let (standing, now) = of(6, &ClusterSettings { failures: 1, ..ClusterSettings::default() });
    standing.set_spare(none.with(5));
    standing.set_down(none.with(0), now);
    assert_eq!(picks(&standing, none, now), [1, 2, 3, 4, 5]);
    standing.set_spare(Places::ALL);
    assert_eq!(picks(&standing, none, now), [1, 2, 3, 4, 5], "where all help out nobody is spared");
}

#[test]
fn a_client_that_is_kept_at_a_spare_endpoint_stays_there() {
    let (standing, now) = of(3, &ClusterSettings::default());
    standing.set_spare(Places::NONE.with(2));
    let belongs = Belongs { place: Some(2), ..Belongs::default() };
    assert_eq!(standing.pick(Places::NONE, belongs, now).map(Picked::place), Ok(2));
}

#[test]
fn who_takes_the_place_of_a_spare_endpoint_is_none() {
    let (standing, now) = of(2, &ClusterSettings::default());
    standing.set_spare(Places::NONE.with(1));
    standing.set(&["127.0.0.1:0".to_owned(), "other".to_owned()], now);
    assert_eq!(picks(&standing, Places::NONE, now), [0, 1]);
}
