//! The limit against a backend that is a model: so many at once without a queue, the others wait.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;

const START: Duration = Duration::from_secs(10);

/// A backend of `servers` that each take `micros` for a request, and its clients.
struct Model {
    admission: Admission,
    now: Duration,
    micros: u64,
    /// When what is under way ends, and when it began.
    under_way: BinaryHeap<Reverse<(Duration, Duration)>>,
    /// When each server is free.
    free: BinaryHeap<Reverse<Duration>>,
    random: u64,
    admitted: [u64; 3],
    refused: [u64; 3],
}

impl Model {
    fn new(servers: u64, micros: u64) -> Self {
        Self {
            admission: Admission::new(AdmissionSettings::default(), START),
            now: START,
            micros,
            under_way: BinaryHeap::new(),
            free: (0..servers).map(|_| Reverse(START)).collect(),
            random: 1,
            admitted: [0; 3],
            refused: [0; 3],
        }
    }

    /// What the backend can do in a second.
    fn capacity(&self) -> u64 {
        self.free.len() as u64 * 1_000_000 / self.micros
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random = crate::hash::finish(self.random);
        self.random % below
    }

    /// Lets so many requests a second come for so long, each priority with its share of ten.
    fn run(&mut self, seconds: u64, rate: u64, shares: [u64; 3]) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            let pause = 1 + self.draw(2 * 1_000_000 / rate);
            self.now += Duration::from_micros(pause);
            self.finish();
            let drawn = self.draw(10);
            let priority = if drawn < shares[0] {
                Priority::Sheddable
            } else if drawn < shares[0] + shares[1] {
                Priority::Default
            } else {
                Priority::Critical
            };
            let random = self.draw(1 << 40);
            if self.admission.admit(priority, random).is_ok() {
                self.admitted[priority as usize] += 1;
                self.begin();
            } else {
                self.refused[priority as usize] += 1;
            }
            assert!(self.admission.in_flight() <= 4_096);
        }
    }

    fn begin(&mut self) {
        let takes = self.micros * 9 / 10 + self.draw(self.micros / 5 + 1);
        let Reverse(free) = self.free.pop().unwrap();
        let ends = free.max(self.now) + Duration::from_micros(takes);
        self.free.push(Reverse(ends));
        self.under_way.push(Reverse((ends, self.now)));
    }

    fn finish(&mut self) {
        while let Some(Reverse((ends, began))) = self.under_way.peek().copied()
            && ends <= self.now
        {
            self.under_way.pop();
            self.admission.ended(Finished::Answered(ends - began), ends);
        }
    }

    fn counted(&mut self, seconds: u64, rate: u64, shares: [u64; 3]) -> ([u64; 3], [u64; 3]) {
        (self.admitted, self.refused) = ([0; 3], [0; 3]);
        self.run(seconds, rate, shares);
        (self.admitted, self.refused)
    }
}

const USUAL: [u64; 3] = [0, 10, 0];

#[test]
fn under_overload_it_finds_the_capacity_and_keeps_the_queue_short() {
    let mut model = Model::new(50, 20_000);
    let rate = model.capacity() * 3;
    model.run(30, rate, USUAL);
    let (admitted, _) = model.counted(30, rate, USUAL);
    let goodput = admitted[1] as f64 / (30 * model.capacity()) as f64;
    assert!(goodput > 0.95, "{goodput}");
    assert!((50..150).contains(&model.admission.limit()), "{}", model.admission.limit());
}

#[test]
fn a_queue_of_some_milliseconds_is_no_overload() {
    let mut admission = Admission::new(AdmissionSettings::default(), START);
    let mut now = START;
    for (clients, took) in [(1, Duration::from_micros(200)), (50, Duration::from_millis(3))] {
        // Each client asks again as soon as it has its answer.
        (1..clients).for_each(|_| admission.admit(Priority::Default, 1).unwrap());
        for _ in 0..50_000 {
            assert_eq!(admission.admit(Priority::Default, 1), Ok(()), "{admission:?}");
            now += took / clients;
            admission.ended(Finished::Answered(took), now);
        }
    }
}

#[test]
fn overload_for_long_does_not_move_it() {
    let mut model = Model::new(20, 20_000);
    let rate = model.capacity() * 2;
    model.run(30, rate, USUAL);
    let before = model.admission.limit();
    model.run(300, rate, USUAL);
    let after = model.admission.limit();
    assert!(before < 100, "that it began in overload is found out: {before}");
    assert!(after < before * 2 && after > before / 2, "{before} {after}");
    assert!(
        model.admission.baseline().unwrap() < Duration::from_millis(30),
        "{:?}",
        model.admission.baseline()
    );
}

#[test]
fn it_shrinks_when_latency_doubles_under_load_and_recovers() {
    let mut model = Model::new(40, 10_000);
    let rate = model.capacity() * 2;
    model.run(40, rate, USUAL);
    let before = model.admission.limit();
    // Half of the servers fail.
    let away: Vec<_> = (0..20).filter_map(|_| model.free.pop()).collect();
    model.run(10, rate, USUAL);
    let less = model.admission.limit();
    assert!(less * 4 < before * 3, "{before} {less}");
    model.free.extend(away);
    model.run(20, rate, USUAL);
    let again = model.admission.limit();
    assert!(again * 5 > before * 4, "{before} {again}");
}

#[test]
fn a_backend_that_got_slower_for_good_is_not_held_for_overloaded() {
    let mut model = Model::new(100, 20_000);
    model.run(20, 10_000, USUAL);
    model.micros = 80_000;
    let rate = model.capacity() * 3 / 2;
    model.run(150, rate, USUAL);
    assert!(
        model.admission.baseline().unwrap() > Duration::from_millis(70),
        "{:?}",
        model.admission.baseline()
    );
    let (admitted, _) = model.counted(20, rate, USUAL);
    assert!(admitted[1] as f64 / (20 * model.capacity()) as f64 > 0.9, "{admitted:?}");
}

#[test]
fn at_low_load_it_stays_whatever_the_latency() {
    let mut model = Model::new(1_000, 10_000);
    model.run(20, 500, USUAL);
    assert_eq!(model.admission.limit(), 64);
    model.micros = 25_000;
    model.run(20, 300, USUAL);
    assert_eq!(model.admission.limit(), 64);
    assert!(model.admission.baseline().unwrap() > Duration::from_millis(20));
}

#[test]
fn the_critical_get_through() {
    let mut model = Model::new(50, 20_000);
    let rate = model.capacity() * 3;
    model.run(20, rate, [4, 5, 1]);
    let (admitted, refused) = model.counted(30, rate, [4, 5, 1]);
    let share = |at: usize| admitted[at] as f64 / (admitted[at] + refused[at]) as f64;
    assert!(share(2) > 0.99, "{admitted:?} {refused:?}");
    assert!(share(0) < share(1), "{admitted:?} {refused:?}");
    let all = admitted.iter().sum::<u64>() as f64 / (30 * model.capacity()) as f64;
    assert!(all > 0.9, "{all}");
}

#[test]
fn overload_that_is_said_shrinks_it_at_once() {
    let mut admission = Admission::new(AdmissionSettings::default(), START);
    let mut window = |overloaded: u32, number: u32| {
        while admission.admit(Priority::Critical, 0).is_ok() {}
        let (now, all) = (START + Duration::from_millis(300) * number, admission.in_flight());
        for at in 0..all {
            let answered = Finished::Answered(Duration::from_millis(5));
            let finished = if at * 100 < overloaded * all { Finished::Overloaded } else { answered };
            // The last one ends the window.
            admission.ended(finished, if at + 1 < all { now - Duration::from_millis(100) } else { now });
        }
        admission.limit()
    };
    assert_eq!(window(100, 1), 32, "all of them halve it");
    assert_eq!(window(100, 2), 16);
    assert_eq!(window(50, 3), 12 + 3, "half of them take a quarter");
    assert_eq!(window(0, 4), 15 + 4);
}

#[test]
fn a_few_that_were_too_much_do_not_close_the_way() {
    let mut admission = Admission::new(AdmissionSettings::default(), START);
    for number in 1..200_u32 {
        while admission.admit(Priority::Critical, 0).is_ok() {}
        let now = START + Duration::from_millis(300) * number;
        for at in 0..admission.in_flight() {
            let answered = Finished::Answered(Duration::from_millis(5));
            admission.ended(if at % 20 == 0 { Finished::Overloaded } else { answered }, now);
        }
    }
    assert!(admission.limit() >= 100, "{}", admission.limit());
}

#[test]
fn a_start_does_not_refuse_what_there_is_room_for() {
    let mut model = Model::new(1_000, 20_000);
    let rate = model.capacity() / 2;
    model.run(2, rate, USUAL);
    let (_, refused) = model.counted(5, rate, USUAL);
    assert_eq!(refused[1], 0, "{}", model.admission.limit());
}

#[test]
fn requests_that_take_longer_than_those_before_are_not_held_for_overload_for_long() {
    let mut model = Model::new(50, 1_000);
    let rate = model.capacity() * 3 / 2;
    model.run(5, rate, USUAL);
    // Twenty times as much to do for each of them: what was the latency without a queue is so no longer.
    model.micros = 20_000;
    let rate = model.capacity() * 3 / 2;
    model.run(10, rate, USUAL);
    let (admitted, _) = model.counted(5, rate, USUAL);
    let goodput = admitted[1] as f64 / (5 * model.capacity()) as f64;
    assert!(goodput > 0.9, "{goodput} {}", model.admission.limit());
}

#[test]
fn a_few_are_kept_for_the_critical_whatever_the_limit() {
    let most = |default_percent, priorities: &[Priority]| {
        let settings = AdmissionSettings { initial: 8, default_percent, ..AdmissionSettings::default() };
        let mut admission = Admission::new(settings, START);
        priorities.iter().for_each(|priority| while admission.admit(*priority, 0).is_ok() {});
        admission.in_flight()
    };
    let all = [Priority::Sheddable, Priority::Default, Priority::Critical];
    assert_eq!([most(90, &all[..1]), most(90, &all[..2]), most(90, &all)], [4, 7, 10]);
    assert_eq!([most(100, &all[..2]), most(100, &all)], [8, 8], "nothing is kept where nobody wants it");
}

#[test]
fn each_priority_has_its_part() {
    let mut admission =
        Admission::new(AdmissionSettings { initial: 100, ..AdmissionSettings::default() }, START);
    let mut most = |priority| {
        while admission.admit(priority, 0).is_ok() {}
        admission.in_flight()
    };
    assert_eq!([most(Priority::Sheddable), most(Priority::Default), most(Priority::Critical)], [60, 90, 100]);
}

#[test]
fn whoever_is_refused_is_told_when_to_come_again() {
    let settings = AdmissionSettings { initial: 1, least: 1, samples: 1, ..AdmissionSettings::default() };
    let mut admission = Admission::new(settings, START);
    admission.admit(Priority::Critical, 0).unwrap();
    let told = |admission: &mut Admission, priority, random| {
        admission.admit(priority, random).unwrap_err().retry_after.as_millis()
    };
    assert_eq!(told(&mut admission, Priority::Default, 0), 1_000);
    assert_eq!(told(&mut admission, Priority::Default, 999), 1_999);
    assert_eq!(told(&mut admission, Priority::Sheddable, 1_999), 3_999);
    admission.ended(Finished::Answered(Duration::from_millis(1)), START + Duration::from_secs(1));
    while admission.admit(Priority::Critical, 0).is_ok() {}
    assert_eq!(told(&mut admission, Priority::Default, 0), 4_000);
}

proptest! {
    /// Whatever ends how: never more is under way than the limit was when it was admitted, and the limit has its bounds.
    #[test]
    fn it_never_exceeds(
        steps in prop::collection::vec((0_u8..6, 0_u64..400_000, 0_u64..200_000), 1..600),
        least in 0_u32..5,
        most in 0_u32..60,
    ) {
        let settings = AdmissionSettings { least, most, samples: 3, baseline_age: Duration::from_secs(2), ..AdmissionSettings::default() };
        let mut admission = Admission::new(settings, START);
        let (mut now, mut under_way) = (START, 0);
        for (step, pause, took) in steps {
            now += Duration::from_micros(pause / 8);
            let limit = admission.limit();
            prop_assert!(limit >= least.max(1) && limit <= most.max(least).max(1));
            let priority = match step {
                0 => Priority::Sheddable,
                1 => Priority::Default,
                2 => Priority::Critical,
                _ => {
                    if under_way > 0 {
                        under_way -= 1;
                        let finished = match step {
                            3 => Finished::Overloaded,
                            4 => Finished::Unmeasured,
                            _ => Finished::Answered(Duration::from_micros(took)),
                        };
                        admission.ended(finished, now);
                    }
                    continue;
                }
            };
            let admitted = admission.admit(priority, took).is_ok();
            under_way += u32::from(admitted);
            let kept = if priority == Priority::Critical { settings.least_kept } else { 0 };
            prop_assert!(!admitted || under_way <= limit + kept);
            prop_assert_eq!(under_way, admission.in_flight());
            prop_assert!(admitted || priority != Priority::Critical || under_way >= limit);
        }
    }
}
