//! The runner: forward, back, over crashes, by signals and timers, one of two replicas.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tradewind_db::{DbError, lease, work};
use tradewind_kernel::{Id, Timestamp};
use tradewind_saga::{Cancelled, Signalled, Started, State, What};

use crate::support::{Begin, Trip, World, trips, world};

const ID: Id = Id::from_u128(7);

fn happened(history: &tradewind_saga::History) -> Vec<String> {
    let each = history.happened.iter();
    each.map(|each| format!("{} {}", each.what.name(), each.step.as_deref().unwrap_or("-"))).collect()
}

#[tokio::test(start_paused = true)]
async fn step_by_step_to_the_end() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    let begun = world.clock.now();
    let history = world
        .run(&saga, &world.agency, async {
            assert_eq!(world.start(&instances, ID).await, Started::New);
            assert_eq!(world.start(&instances, ID).await, Started::Before);
            let waiting = world.until(&instances, ID, |h| h.step.as_deref() == Some("yes")).await;
            assert_eq!(waiting.remains.unwrap(), ["yes", "pay", "settle", "confirm"]);
            assert_eq!(waiting.would_undo.unwrap(), ["seat", "room", "note"]);
            assert_eq!(waiting.deadline, Some(begun.plus(Duration::from_secs(3600))));
            assert_eq!(world.say_yes(&instances, ID).await, Signalled::Kept);
            world.until(&instances, ID, |h| h.state == State::Done).await
        })
        .await;
    assert_eq!(
        happened(&history),
        [
            "started -",
            "step-done note",
            "step-done room",
            "step-done seat",
            "signal-came yes",
            "step-done yes",
            "step-done pay",
            "step-done settle",
            "step-done confirm",
            "done -"
        ]
    );
    assert_eq!(world.trips().await, [("confirmed".to_owned(), None)]);
    let settled = history.ended_at.unwrap().since(begun);
    assert!(settled >= Duration::from_secs(5) && settled < Duration::from_secs(6), "{settled:?}");
    let key = format!("trip/{ID}/pay");
    assert_eq!(world.agency.bank.asked().into_iter().collect::<Vec<_>>(), [(key, 1)]);
    assert_eq!((world.tally.done(), world.tally.undone(), world.tally.failures()), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_undoes_in_reverse_and_says_why() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    world.agency.bank.refuse();
    let history = world
        .run(&saga, &world.agency, async {
            world.start(&instances, ID).await;
            world.say_yes(&instances, ID).await;
            world.until(&instances, ID, |h| h.state == State::Undone).await
        })
        .await;
    let back: Vec<String> = happened(&history).split_off(6);
    assert_eq!(
        back,
        [
            "step-refused pay",
            "turned-back yes",
            "step-undone seat",
            "step-undone room",
            "step-undone note",
            "undone -"
        ]
    );
    assert_eq!(history.reason.unwrap().code, "conflict");
    assert_eq!(world.trips().await, [("called-off".to_owned(), Some("conflict".to_owned()))]);
    assert!(world.agency.rooms.held().is_empty() && world.agency.seats.held().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_turns_back_until_the_pivot_and_is_too_late_then() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    world
        .run(&saga, &world.agency, async {
            assert_eq!(world.cancel(&instances, ID).await, Cancelled::Unknown);
            world.start(&instances, ID).await;
            world.until(&instances, ID, |h| h.step.as_deref() == Some("yes")).await;
            assert_eq!(world.cancel(&instances, ID).await, Cancelled::Asked);
            let history = world.until(&instances, ID, |h| h.state == State::Undone).await;
            assert_eq!(history.reason.unwrap().code, "changed-mind");
            assert_eq!(world.cancel(&instances, ID).await, Cancelled::Before);
            assert_eq!(world.say_yes(&instances, ID).await, Signalled::TooLate);
            let other = Id::from_u128(8);
            world.start(&instances, other).await;
            world.say_yes(&instances, other).await;
            world.until(&instances, other, |h| h.step.as_deref() == Some("settle")).await;
            assert_eq!(world.cancel(&instances, other).await, Cancelled::TooLate);
            world.until(&instances, other, |h| h.state == State::Done).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn behind_a_pivot_that_is_away_it_waits_stuck_and_goes_on() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    world.agency.bank.be_away(true);
    world
        .run(&saga, &world.agency, async {
            world.start(&instances, ID).await;
            world.say_yes(&instances, ID).await;
            let stuck = world.until(&instances, ID, |h| h.is_stuck).await;
            assert!(stuck.last_error.unwrap().contains("unavailable"));
            assert_eq!(instances.stuck(&world.db, 10).await.unwrap(), [ID]);
            world.clock.sleep(Duration::from_secs(600)).await;
            assert_eq!((world.tally.running(), world.tally.stuck()), (1, 1));
            world.agency.bank.be_away(false);
            world.until(&instances, ID, |h| h.state == State::Done).await;
            world.clock.sleep(Duration::from_secs(20)).await;
            assert_eq!((world.tally.running(), world.tally.stuck()), (0, 0));
        })
        .await;
    assert!(instances.stuck(&world.db, 10).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_given_up_and_undone() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    world.agency.seats.hang();
    let history = world
        .run(&saga, &world.agency, async {
            world.start(&instances, ID).await;
            world.until(&instances, ID, |h| h.state == State::Undone).await
        })
        .await;
    assert!(happened(&history).contains(&"step-undone seat".to_owned()), "it may have been held");
    assert_eq!(history.reason.unwrap().code, "deadline-exceeded");
    let asked = world.agency.seats.asked();
    let keys: Vec<_> = asked.keys().map(String::as_str).collect();
    let (of_step, of_undo) = (format!("trip/{ID}/seat"), format!("trip/{ID}/seat/undo"));
    assert_eq!(keys, [&of_step, &of_undo], "one key for all attempts");
    assert_eq!((asked[&of_step], asked[&of_undo]), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_does_not_come_in_time_turns_it_back() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    let begun = world.clock.now();
    let history = world
        .run(&saga, &world.agency, async {
            world.start(&instances, ID).await;
            world.until(&instances, ID, |h| h.state == State::Undone).await
        })
        .await;
    assert_eq!(history.reason.unwrap().code, "deadline-exceeded");
    let took = history.ended_at.unwrap().since(begun);
    assert!(took >= Duration::from_secs(3600) && took < Duration::from_secs(3601), "{took:?}");
}

/// Runs the saga as `holder` for a while, then drops it wherever it is.
async fn lives(world: &World, holder: &str, time: Duration) {
    let saga = Arc::new(trips());
    let runner = pin!(tradewind_saga::run(saga, world.agency.clone(), world.options(holder)));
    world.clock.timeout(time, runner).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn another_replica_goes_on_when_the_lease_has_ended_and_asks_again_under_the_same_key() {
    let world = world().await;
    let instances = trips().instances();
    world.agency.seats.hang();
    world.start(&instances, ID).await;
    lives(&world, "agency/1", Duration::from_secs(1)).await;
    lives(&world, "agency/2", Duration::from_secs(8)).await;
    let asked = |world: &World| world.agency.seats.asked().into_iter().collect::<Vec<_>>();
    assert_eq!(asked(&world), [(format!("trip/{ID}/seat"), 1)], "who died might still be alive");
    lives(&world, "agency/2", Duration::from_secs(4)).await;
    assert_eq!(asked(&world), [(format!("trip/{ID}/seat"), 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_given_back_is_taken_at_once() {
    let world = world().await;
    let instances = trips().instances();
    world.start(&instances, ID).await;
    lives(&world, "agency/1", Duration::from_secs(1)).await;
    let release = work(move |tx| Box::pin(async move { lease::release_all(tx, "agency/1").await }));
    let released: Result<u64, DbError> = world.db.write(&world.context(), release).await;
    assert_eq!(released, Ok(1));
    world.say_yes(&instances, ID).await;
    lives(&world, "agency/2", Duration::from_secs(1)).await;
    assert_eq!(world.history(&instances, ID).await.step.as_deref(), Some("settle"));
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_turn_writes_nothing_more() {
    let world = world().await;
    let instances = trips().instances();
    world.agency.seats.hang();
    world.start(&instances, ID).await;
    let first = async {
        lives(&world, "agency/1", Duration::from_secs(30)).await;
    };
    let seize = async {
        world.until(&instances, ID, |h| h.step.as_deref() == Some("seat")).await;
        let name = tradewind_saga::turn_lease("trip", 1);
        let seize = work(move |tx| {
            let name = name.clone();
            Box::pin(async move { lease::seize(tx, &name, "backup", Duration::from_secs(60)).await })
        });
        let token: Result<i64, DbError> = world.db.write(&world.context(), seize).await;
        assert_eq!(token, Ok(2));
        // The answer comes, and its transaction shows the old token.
        world.agency.seats.answer();
    };
    tokio::join!(first, seize);
    let history = world.history(&instances, ID).await;
    assert_eq!((history.step.as_deref(), history.attempts), (Some("seat"), 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_after_a_life_that_may_have_done_it_is_undone_too() {
    let world = world().await;
    let instances = trips().instances();
    world.agency.seats.hang();
    world.start(&instances, ID).await;
    lives(&world, "agency/1", Duration::from_secs(1)).await;
    // It was done, and whoever is asked has forgotten the key.
    world.agency.seats.refuse();
    lives(&world, "agency/2", Duration::from_secs(15)).await;
    let history = world.history(&instances, ID).await;
    assert_eq!(history.state, State::Undone);
    assert!(happened(&history).contains(&"step-undone seat".to_owned()), "{:?}", happened(&history));
    assert!(world.agency.seats.held().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_action_that_panics_has_failed_and_is_tried_again() {
    let world = world().await;
    let saga = Arc::new(trips());
    let instances = saga.instances();
    world.agency.rooms.panic();
    let history = world
        .run(&saga, &world.agency, async {
            world.start(&instances, ID).await;
            world.until(&instances, ID, |h| h.step.as_deref() == Some("yes")).await
        })
        .await;
    assert_eq!(history.attempts, 0);
    assert_eq!((world.tally.failures(), world.agency.rooms.held().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn many_go_on_beside_each_other_and_no_more_than_are_allowed() {
    let world = world().await;
    let saga = Arc::new(trips().at_once(4));
    let instances = saga.instances();
    for id in 0..50 {
        world.start(&instances, Id::from_u128(id)).await;
        world.say_yes(&instances, Id::from_u128(id)).await;
    }
    world
        .run(&saga, &world.agency, async {
            for id in 0..50 {
                world.until(&instances, Id::from_u128(id), |h| h.state == State::Done).await;
            }
        })
        .await;
    assert_eq!(world.agency.bank.held().len(), 50);
    assert!(world.agency.bank.asked().values().all(|times| *times == 1));
}

#[tokio::test(start_paused = true)]
async fn of_many_that_wait_for_an_answer_no_more_are_under_way_than_are_allowed() {
    let world = world().await;
    let saga = Arc::new(trips().at_once(4));
    for id in 0..10 {
        world.start(&saga.instances(), Id::from_u128(id)).await;
    }
    world.agency.rooms.hang();
    world.run(&saga, &world.agency, world.clock.sleep(Duration::from_secs(2))).await;
    assert_eq!(world.agency.rooms.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_ended_long_ago_is_removed_and_its_id_forgotten() {
    let world = world().await;
    let saga = Arc::new(trips().keep(Duration::from_secs(3600)));
    let instances = saga.instances();
    world
        .run(&saga, &world.agency, async {
            world.start(&instances, ID).await;
            world.cancel(&instances, ID).await;
            world.until(&instances, ID, |h| h.ended_at.is_some()).await;
            world.clock.sleep(Duration::from_secs(3000)).await;
            assert_eq!(world.start(&instances, ID).await, Started::Before);
            world.clock.sleep(Duration::from_secs(1300)).await;
        })
        .await;
    assert!(instances.history(&world.db, ID).await.unwrap().is_none());
    assert_eq!(world.start(&instances, ID).await, Started::New);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_rolled_back_never_was() {
    let world = world().await;
    let instances = trips().instances();
    let begun = instances.clone();
    let fails = work(move |tx| {
        let begun = begun.clone();
        Box::pin(async move {
            tradewind_db::Work::run(&Begin(begun, ID, Trip::default()), tx).await?;
            Err::<(), _>(DbError::Column { message: "on purpose".to_owned() })
        })
    });
    assert!(world.db.write(&world.context(), fails).await.is_err());
    assert!(instances.history(&world.db, ID).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_times_and_the_process() {
    let world = world().await;
    let instances = trips().instances();
    let context = world.context();
    let begin = Begin(instances.clone(), ID, Trip::default());
    world.db.write(&context, begin).await.unwrap();
    let history = world.history(&instances, ID).await;
    assert_eq!(history.correlation, context.correlation);
    assert_eq!((history.version, history.state), (1, State::Running));
    assert_eq!(history.started_at, Timestamp::from_micros(1_767_225_600_000_000));
    let first = &history.happened[0];
    assert_eq!((first.what, first.at, history.happened.len()), (What::Started, history.started_at, 1));
}
