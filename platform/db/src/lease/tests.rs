//! Leases by themselves, and a model of several holders whose clocks are wrong.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tradewind_kernel::{Clock, Context, Entropy, Principal};

use super::*;
use crate::{Execution, Location, MigrateMode, Options, work};

const TTL: Duration = Duration::from_secs(10);

async fn open() -> (Db, Context) {
    let (clock, entropy) = (Clock::simulated(Timestamp::from_micros(1_000_000_000)), Entropy::seeded(1));
    let context = Context::begin(Principal::Service("test".into()), &clock, &entropy);
    let options =
        Options { location: Location::Memory, execution: Execution::Inline, readers: 1, clock, entropy };
    let db = Db::open(options).unwrap();
    db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
    (db, context)
}

/// One holder's attempt at its own time.
async fn take(world: &(Db, Context), holder: &str, now: i64, outwaited: Option<Held>) -> Acquired {
    let holder = holder.to_owned();
    let work = work(move |tx| {
        let (holder, outwaited) = (holder.clone(), outwaited.clone());
        let now = Timestamp::from_micros(now);
        Box::pin(async move { acquire_at(tx, ("thing", &holder, TTL), outwaited.as_ref(), now).await })
    });
    let taken: Result<Acquired, DbError> = world.0.write(&world.1, work).await;
    taken.unwrap()
}

fn token(acquired: &Acquired) -> Option<i64> {
    match acquired {
        Acquired::Ours { token, .. } => Some(*token),
        Acquired::Theirs(_) => None,
    }
}

/// What a holder does under a token it once got.
#[derive(Debug, Clone, Copy)]
enum Use {
    Write,
    Renew(i64),
    Release,
    Seize,
}

async fn act(world: &(Db, Context), token: i64, what: Use) -> Result<i64, DbError> {
    let work = work(move |tx| {
        Box::pin(async move {
            match what {
                Use::Write => check(tx, "thing", token).await.map(|()| token),
                Use::Renew(now) => {
                    renew_at(tx, "thing", token, TTL, Timestamp::from_micros(now)).await.map(|()| token)
                }
                Use::Release => release(tx, "thing", token).await.map(|()| token),
                Use::Seize => seize(tx, "thing", "backup", TTL).await,
            }
        })
    });
    world.0.write(&world.1, work).await
}

fn fenced() -> Result<i64, DbError> {
    Err(DbError::Fenced { name: "thing".into() })
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_taken_when_it_is_free_and_each_time_with_a_greater_token() {
    let world = open().await;
    assert_eq!(take(&world, "a", 0, None).await, Acquired::Ours { token: 1, lapsed: None });
    let Acquired::Theirs(held) = take(&world, "b", 5_000_000, None).await else { panic!("a has it") };
    assert_eq!((held.holder.as_str(), held.wait()), ("a", TTL / 2));
    // One's own is taken anew, and the older hold is over.
    assert_eq!(token(&take(&world, "a", 6_000_000, None).await), Some(2));
    assert_eq!(act(&world, 1, Use::Write).await, fenced());
    let lapsed = Some(Timestamp::from_micros(16_000_000));
    assert_eq!(take(&world, "b", 16_000_000, None).await, Acquired::Ours { token: 3, lapsed });
    assert_eq!(act(&world, 2, Use::Release).await, Ok(2));
    assert_eq!(token(&take(&world, "a", 16_000_000, None).await), None, "what was taken since is left alone");
    assert_eq!(act(&world, 3, Use::Release).await, Ok(3));
    assert_eq!(take(&world, "a", -1, None).await, Acquired::Ours { token: 4, lapsed: None });
}

#[tokio::test(start_paused = true)]
async fn a_holder_past_its_end_goes_on_until_another_took_the_lease() {
    let world = open().await;
    take(&world, "a", 0, None).await;
    assert_eq!(act(&world, 1, Use::Write).await, Ok(1), "nobody was kept waiting");
    assert_eq!(act(&world, 1, Use::Renew(60_000_000)).await, Ok(1));
    assert_eq!(token(&take(&world, "b", 69_999_999, None).await), None, "the renewed end counts");
    assert_eq!(act(&world, 1, Use::Seize).await, Ok(2));
    assert_eq!(act(&world, 1, Use::Write).await, fenced());
    assert_eq!(act(&world, 1, Use::Renew(70_000_000)).await, fenced());
}

#[tokio::test(start_paused = true)]
async fn a_holder_whose_clock_is_hours_ahead_is_waited_for_no_longer_than_others() {
    let world = open().await;
    take(&world, "a", 7_200_000_000, None).await;
    let Acquired::Theirs(held) = take(&world, "b", 0, None).await else { panic!("a has it") };
    assert_eq!(held.wait(), TTL);
    // It lives: what was seen is no longer what is there.
    act(&world, 1, Use::Renew(7_205_000_000)).await.unwrap();
    let Acquired::Theirs(renewed) = take(&world, "b", 10_000_000, Some(held)).await else {
        panic!("it lives")
    };
    assert_eq!(token(&take(&world, "b", 20_000_000, Some(renewed)).await), Some(2));
    assert_eq!(act(&world, 1, Use::Write).await, fenced());
}

#[tokio::test(start_paused = true)]
async fn everything_of_a_holder_is_given_back_at_once() {
    let world = open().await;
    take(&world, "a", 0, None).await;
    let mut signal = world.0.signal(TOPIC);
    let give_back = || work(|tx: &mut Tx| Box::pin(async move { release_all(tx, "a").await }));
    let outcome: Result<u64, DbError> = world.0.write(&world.1, give_back()).await;
    assert_eq!(outcome, Ok(1));
    signal.changed().await;
    let again: Result<u64, DbError> = world.0.write(&world.1, give_back()).await;
    assert_eq!(again, Ok(0), "it was given back already");
    assert_eq!(take(&world, "b", 0, None).await, Acquired::Ours { token: 2, lapsed: None });
}

/// One step of the model: a holder does something at the true time, which its own clock does not show.
#[derive(Debug, Clone)]
enum Step {
    Pass(i64),
    Acquire(usize),
    Outwait(usize),
    Act(usize, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..15_000_000_i64).prop_map(Step::Pass),
        (0..3_usize).prop_map(Step::Acquire),
        (0..3_usize).prop_map(Step::Outwait),
        (0..3_usize, 0..8_u8).prop_map(|(holder, what)| Step::Act(holder, what)),
    ];
    proptest::collection::vec(step, 1..60)
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Runs the steps. Whatever the clocks say: tokens grow, and only under the greatest is anything written.
async fn follow_model(skews: [i64; 3], steps: Vec<Step>) {
    let world = open().await;
    let (mut now, mut greatest) = (1_000_000_000_i64, 0);
    let mut tokens: [i64; 3] = [0; 3];
    let mut seen: BTreeMap<usize, Held> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Pass(micros) => now += micros,
            Step::Acquire(who) | Step::Outwait(who) => {
                let outwaited = if matches!(step, Step::Outwait(_)) { seen.remove(&who) } else { None };
                match take(&world, NAMES[who], now + skews[who], outwaited).await {
                    Acquired::Ours { token, .. } => {
                        assert!(token > greatest, "{token} after {greatest}");
                        (greatest, tokens[who]) = (token, token);
                    }
                    Acquired::Theirs(held) => drop(seen.insert(who, held)),
                }
            }
            Step::Act(who, what) => {
                let token = tokens[who];
                let what = match what {
                    0..4 => Use::Write,
                    4..6 => Use::Renew(now + skews[who]),
                    6 => Use::Release,
                    _ => Use::Seize,
                };
                let outcome = act(&world, token, what).await;
                match what {
                    Use::Seize => {
                        let token = outcome.unwrap();
                        assert!(token > greatest, "{token} after {greatest}");
                        greatest = token;
                    }
                    Use::Release => drop(outcome.unwrap()),
                    Use::Write | Use::Renew(_) if token == greatest && token > 0 => drop(outcome.unwrap()),
                    Use::Write | Use::Renew(_) => assert_eq!(outcome, fenced(), "{token} of {greatest}"),
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_only_grow_and_no_write_passes_under_an_old_one(
        skews in [-3_600_000_000..3_600_000_000_i64, -20_000_000..20_000_000_i64, 0..1_i64],
        steps in steps(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(follow_model(skews, steps));
    }
}
