//! Places against a plain count, in whatever order things happen.

use proptest::prelude::*;
use tradewind_edge::trace::Traceparent;

use super::*;

const NOW: Duration = Duration::from_secs(10);

fn gate(policy: AdaptiveConcurrency, threads: u32) -> Rc<Gate> {
    Gate::new(&policy, threads, NOW, &Arc::default()).unwrap()
}

fn outcome(reason: Option<&'static str>) -> Outcome {
    Outcome {
        status: 504,
        reason,
        request_bytes: 0,
        response_bytes: 0,
        duration: Duration::from_millis(7),
        upstream: None,
        attempts: 1,
        trace: Traceparent::begin([1, 2], 3, true),
    }
}

fn in_flight(gate: &Gate) -> u32 {
    gate.admission.borrow().in_flight()
}

/// What a request is that was let through.
struct Going {
    place: Place,
    counts: bool,
}

proptest! {
    /// Asked, sent once or twice, answered, finished, dropped, in any order and any mixture: what counts is what was
    /// sent and has not ended, and nothing is left once all is gone.
    #[test]
    fn nothing_leaks(steps in prop::collection::vec((0_u8..8, any::<prop::sample::Index>(), 0_u64..50), 1..400)) {
        let gate = gate(AdaptiveConcurrency::default(), 2);
        let (mut going, mut now): (Vec<Going>, _) = (Vec::new(), NOW);
        for (step, which, pause) in steps {
            now += Duration::from_millis(pause);
            let said = [Said::Sheddable, Said::Standard, Said::Critical];
            if step < 3 {
                let asked = gate.ask(said[usize::from(step)], pause, now);
                going.extend(asked.ok().map(|place| Going { place, counts: false }));
            } else if !going.is_empty() {
                let at = which.index(going.len());
                let one = &mut going[at];
                match step {
                    3 | 4 => {
                        one.place.sent();
                        one.counts = true;
                    }
                    5 => {
                        let status = [101, 200, 404, 503][pause as usize % 4];
                        let took = Duration::from_millis(pause);
                        one.place.answered(&Answered { status, took, at: now });
                        one.counts = false;
                    }
                    6 => {
                        let reasons = [None, Some("upstream-timeout"), Some("client-gone")];
                        one.place.finished(&outcome(reasons[pause as usize % 3]), now);
                        one.counts = false;
                    }
                    _ => drop(going.swap_remove(at)),
                }
            }
            let counted = going.iter().filter(|one| one.counts).count();
            prop_assert_eq!(in_flight(&gate) as usize, counted);
        }
        going.clear();
        prop_assert_eq!(in_flight(&gate), 0);
    }
}

#[test]
fn bounds_are_divided_among_threads() {
    let policy = AdaptiveConcurrency { min_limit: 10, max_limit: 10, ..AdaptiveConcurrency::default() };
    for (threads, limit) in [(1, 10), (2, 5), (3, 4), (0, 10)] {
        assert_eq!(gate(policy, threads).admission.borrow().limit(), limit, "{threads} threads");
    }
    assert!(Gate::new(&AdaptiveConcurrency { enabled: false, ..policy }, 1, NOW, &Arc::default()).is_none());
}

#[test]
fn each_priority_is_the_one_that_was_said() {
    let policy = AdaptiveConcurrency {
        min_limit: 100,
        max_limit: 100,
        reserve_for_critical_percent: 20,
        ..AdaptiveConcurrency::default()
    };
    let gate = gate(policy, 1);
    let mut places = Vec::new();
    let mut most = |said| {
        while let Ok(place) = gate.ask(said, 0, NOW) {
            place.sent();
            places.push(place);
        }
        places.len()
    };
    assert_eq!([most(Said::Sheddable), most(Said::Standard), most(Said::Critical)], [60, 80, 100]);
}

#[test]
fn who_is_refused_is_told_when_to_come_again() {
    let policy = AdaptiveConcurrency { min_limit: 1, max_limit: 1, ..AdaptiveConcurrency::default() };
    let gate = gate(policy, 1);
    let place = gate.ask(Said::Standard, 0, NOW).ok().unwrap();
    place.sent();
    for random in 0..2_000 {
        let refused = gate.ask(Said::Standard, random, NOW).err().unwrap();
        assert_eq!((refused.status(), refused.reason()), (503, "shed"));
    }
    let seconds = |millis| {
        let answer = too_much(Duration::from_millis(millis));
        assert_eq!(answer.status(), 503);
        format!("{answer:?}").split("\"retry-after\", \"").nth(1).map(|rest| rest[..1].to_owned())
    };
    let said = [0, 1_000, 1_499, 1_500, 3_999].map(seconds).map(Option::unwrap);
    assert_eq!(said, ["1", "1", "1", "2", "4"]);
}

#[test]
fn streams_and_tunnels_count_until_they_begin() {
    let policy = AdaptiveConcurrency { min_limit: 1, max_limit: 1, ..AdaptiveConcurrency::default() };
    let gate = gate(policy, 1);
    for status in [101, 200] {
        let place = gate.ask(Said::Standard, 0, NOW).ok().unwrap();
        place.sent();
        assert!(gate.ask(Said::Standard, 0, NOW).is_err());
        place.answered(&Answered { status, took: Duration::from_millis(1), at: NOW });
        assert!(gate.ask(Said::Standard, 0, NOW).is_ok(), "{status}: it goes on, and holds nobody up");
        // What comes of it an hour later is no answer that took an hour.
        place.finished(&outcome(Some("upstream-timeout")), NOW + Duration::from_secs(3_600));
    }
    assert_eq!(in_flight(&gate), 0);
}
