//! Who is chosen, by load and by key.

use proptest::prelude::*;

use super::*;

const START: Duration = Duration::from_secs(100);

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("10.0.0.{number}:8050")).collect()
}

fn of(count: usize) -> Balancer {
    let mut balancer = Balancer::new(BalanceSettings::default());
    balancer.set(names(count).iter().map(String::as_str), START);
    balancer
}

/// Numbers that are as good as random.
fn random(number: u64) -> u64 {
    hash::finish(number)
}

/// Sends so many requests one after the other, a millisecond apart, and counts who got them. None takes as long as the
/// one before: by up to a millisecond.
fn sent(balancer: &mut Balancer, from: Duration, count: u64, takes: impl Fn(usize) -> u64) -> Vec<u64> {
    let mut counts = vec![0; 64];
    for number in 0..count {
        let now = from + Duration::from_millis(number);
        let picked = balancer.pick(Places::ALL, now, random(number)).unwrap();
        counts[picked.place()] += 1;
        let took = Duration::from_micros(takes(picked.place()) * 1_000 + random(number + 7) % 1_000);
        balancer.ended(picked, Ended::Answered(took), now);
    }
    counts.truncate(balancer.endpoints.len());
    counts
}

#[test]
fn equals_get_equal_shares() {
    let mut balancer = of(5);
    let counts = sent(&mut balancer, START, 10_000, |_| 2);
    assert!(counts.iter().all(|count| (1_500..2_500).contains(count)), "{counts:?}");
}

#[test]
fn a_slow_one_is_left_alone_and_asked_again() {
    let mut balancer = of(3);
    let counts = sent(&mut balancer, START, 10_000, |place| if place == 1 { 100 } else { 2 });
    assert!((8..=14).contains(&counts[1]), "{counts:?}");
    let counts = sent(&mut balancer, START + Duration::from_secs(60), 10_000, |_| 0);
    assert!(counts[1] > 2_000, "{counts:?}");
}

#[test]
fn who_fails_quickly_is_not_quick() {
    let mut balancer = of(2);
    for number in 0..2_000 {
        let now = START + Duration::from_millis(number);
        let picked = balancer.pick(Places::ALL, now, random(number)).unwrap();
        let took = Duration::from_millis(1);
        let ended = if picked.place() == 0 { Ended::Failed(took) } else { Ended::Answered(took * 50) };
        balancer.ended(picked, ended, now);
    }
    let now = START + Duration::from_millis(2_001);
    let counts =
        (0..50).filter(|number| balancer.pick(Places::ALL, now, random(*number)).unwrap().place() == 1);
    assert!(counts.count() > 40);
}

#[test]
fn what_differs_by_chance_is_equal() {
    let mut balancer = of(2);
    let counts = sent(&mut balancer, START, 1_000, |place| if place == 1 { 22 } else { 20 });
    assert!((350..650).contains(&counts[1]), "{counts:?}");
}

#[test]
fn who_has_as_much_as_it_may_gets_nothing_more() {
    let mut balancer = Balancer::new(BalanceSettings { most_in_flight: 2, ..BalanceSettings::default() });
    balancer.set(names(2).iter().map(String::as_str), START);
    let picked: Vec<Picked> =
        (0..4).map(|number| balancer.pick(Places::ALL, START, random(number)).unwrap()).collect();
    assert_eq!((balancer.in_flight(0), balancer.in_flight(1)), (2, 2));
    let key = Key::of(b"key");
    assert_eq!(balancer.pick(Places::ALL, START, 7), None);
    assert_eq!(balancer.pick_for(key, Places::ALL, START), None);
    assert_eq!(balancer.pick_at(1, Places::ALL, START), None);
    balancer.told(picked[0], Ended::Answered(Duration::from_millis(1)), START);
    assert_eq!(balancer.pick(Places::ALL, START, 7), None, "its answer has begun, and is under way still");
    balancer.left(picked[0]);
    let place = picked[0].place();
    assert_eq!(balancer.pick_at(1 - place, Places::ALL, START), None);
    assert_eq!(balancer.pick_at(place, Places::NONE.with(1 - place), START), None);
    assert_eq!(balancer.pick_at(place, Places::ALL, START).unwrap().place(), place);
}

#[test]
fn what_is_under_way_counts() {
    let mut balancer = of(2);
    for number in 0..100 {
        let _ = balancer.pick(Places::ALL, START, random(number));
    }
    assert_eq!((balancer.in_flight(0), balancer.in_flight(1)), (50, 50));
}

#[test]
fn a_new_one_gets_less_than_its_share_at_first() {
    let mut balancer = of(1);
    sent(&mut balancer, START, 100, |_| 2);
    let joined = START + Duration::from_secs(1);
    balancer.set(names(2).iter().map(String::as_str), joined);
    let early = sent(&mut balancer, joined, 1_000, |place| if place == 1 { 1 } else { 2 });
    assert!((60..250).contains(&early[1]), "{early:?}");
    let late =
        sent(&mut balancer, joined + Duration::from_secs(11), 1_000, |place| if place == 1 { 1 } else { 2 });
    assert!(late[1] > 900, "{late:?}");
}

#[test]
fn endpoints_come_and_go() {
    let mut balancer = of(3);
    let picked = balancer.pick(Places::NONE.with(1), START, 0).unwrap();
    assert_eq!(balancer.name(picked.place()), Some("10.0.0.1:8050"));
    balancer.set(["10.0.0.2:8050", "10.0.0.0:8050", "new", "other"], START);
    assert_eq!(balancer.place_of("10.0.0.2:8050"), Some(2), "who stays keeps its place");
    assert_eq!((balancer.place_of("new"), balancer.place_of("other")), (Some(1), Some(3)));
    let _ = balancer.pick(Places::NONE.with(1), START, 0);
    balancer.ended(picked, Ended::Dropped, START);
    assert_eq!(balancer.in_flight(1), 1, "the request of who left says nothing of who came");
    assert_eq!(balancer.under_way, 1);
    balancer.set([], START);
    assert_eq!(balancer.under_way, 0);
    assert_eq!(balancer.pick(Places::ALL, START, 0), None);
    assert_eq!(balancer.pick_for(Key::of(b"key"), Places::ALL, START), None);
    assert_eq!(of(70).present().len(), 64);
}

#[test]
fn of_too_many_each_seed_draws_others_and_few_change() {
    let drawn = |seed: u64, count: usize| -> Vec<String> {
        let mut balancer = Balancer::new(BalanceSettings { seed, ..BalanceSettings::default() });
        balancer.set(names(count).iter().map(String::as_str), START);
        names(count).into_iter().filter(|name| balancer.place_of(name).is_some()).collect()
    };
    assert_eq!(drawn(1, 100).len(), 64);
    assert_ne!(drawn(1, 100), drawn(2, 100));
    let (before, after) = (drawn(1, 100), drawn(1, 101));
    assert!(before.iter().filter(|name| after.contains(name)).count() >= 63);
    let mut all: Vec<String> = (0..20).flat_map(|seed| drawn(seed, 100)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 100, "somebody asks each of them");
}

#[test]
fn a_key_has_one_endpoint_and_few_move() {
    let (mut ten, mut nine) = (of(10), of(9));
    let mut counts = [0; 10];
    for key in 0_u32..10_000 {
        let place = |balancer: &mut Balancer| {
            let picked = balancer.pick_for(Key::of(&key.to_be_bytes()), Places::ALL, START).unwrap();
            balancer.ended(picked, Ended::Dropped, START);
            picked.place()
        };
        let before = place(&mut ten);
        assert_eq!(place(&mut ten), before);
        counts[before] += 1;
        assert!(before == 9 || place(&mut nine) == before);
    }
    assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
}

#[test]
fn the_endpoint_of_a_key_is_the_same_in_every_process() {
    let places = |key: &[u8]| of(10).pick_for(Key::of(key), Places::ALL, START).unwrap().place();
    assert_eq!([places(b"ann"), places(b"bob"), places(b"a longer key of a client")], [5, 4, 9]);
}

#[test]
fn places_are_a_set() {
    let places = Places::NONE.with(3).with(63).with(64).with(0);
    assert_eq!(places.minus(Places::NONE.with(3)).iter().collect::<Vec<_>>(), [0, 63]);
    assert_eq!(places.iter().collect::<Vec<_>>(), [0, 3, 63]);
    assert_eq!((places.nth(0), places.nth(2), places.nth(3)), (Some(0), Some(63), None));
    assert!(places.has(3) && !places.without(3).has(3) && !places.has(64) && Places::NONE.is_empty());
    assert_eq!(Places::ALL.len(), 64);
}

proptest! {
    /// Only fit ones are chosen, somebody is if anybody is fit, and nobody is forgotten for long.
    #[test]
    fn only_who_is_fit_is_chosen(
        count in 1_usize..=64,
        steps in prop::collection::vec((any::<u64>(), any::<u64>(), 0_u64..400, any::<bool>()), 1..100),
    ) {
        let mut balancer = of(count);
        let mut now = START;
        for (mask, random, pause, by_key) in steps {
            now += Duration::from_millis(pause);
            let fit = (0..64).filter(|place| mask >> place & 1 == 1).fold(Places::NONE, Places::with);
            let picked = if by_key {
                balancer.pick_for(Key::of(&random.to_be_bytes()), fit, now)
            } else {
                balancer.pick(fit, now, random)
            };
            prop_assert_eq!(picked.is_some(), !fit.and(balancer.present()).is_empty());
            if let Some(picked) = picked {
                prop_assert!(fit.has(picked.place()) && picked.place() < count);
                if random % 3 > 0 {
                    balancer.ended(picked, Ended::Answered(Duration::from_millis(random % 50)), now);
                }
            }
        }
    }

    #[test]
    fn the_nth_is_the_nth(mask in any::<u64>(), before in 0_u32..66) {
        let fit = (0..64).filter(|place| mask >> place & 1 == 1).fold(Places::NONE, Places::with);
        prop_assert_eq!(fit.nth(before), fit.iter().nth(before as usize));
    }

    #[test]
    fn two_that_are_drawn_differ(mask in any::<u64>(), random in any::<u64>()) {
        let fit = (0..64).filter(|place| mask >> place & 1 == 1).fold(Places::NONE, Places::with);
        prop_assume!(fit.len() > 1);
        let (first, second) = two_of(fit, fit.len(), random).unwrap();
        prop_assert!(first != second && fit.has(first) && fit.has(second));
    }

    /// However one-sided the keys: nobody has more than a quarter above the average, rounded up, or a few.
    #[test]
    fn no_endpoint_of_keys_is_overrun(count in 1_usize..20, keys in prop::collection::vec(0_u8..3, 1..200)) {
        let mut balancer = of(count);
        for (number, key) in keys.into_iter().enumerate() {
            let picked = balancer.pick_for(Key::of(&[key]), Places::ALL, START);
            prop_assert!(picked.is_some());
            let most = (0..count).map(|place| balancer.in_flight(place)).max().unwrap() as usize;
            prop_assert!(most <= ((number + 1) * 125).div_ceil(count * 100).max(8));
        }
    }
}
