//! What happens to events that cannot be handled.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_db::{DbError, params, sql, work};
use tradewind_events::letters::{self, Discard, Edit, FailedLetter, LetterError};
use tradewind_events::{Event, MAX_ATTEMPTS, Progress};

use crate::moody::{AUDIT, Moody, NOTED, Trouble, follow, keys, parked, replay};
use crate::support::{LampLit, World, world};

sql! {
    FILL = "insert into parked_key (subscription, partition_key, letters, parked_at) values ('lamps', $1, $2, 0)";
    SMALL = "pragma max_page_count = 100";
    LARGE = "pragma max_page_count = 100000";
    DIED = "insert into event_attempt (subscription, position, attempts, last_error, first_failed_at)
        values ('lamps', 2, 3, 'died', 0)";
    EMPTY = "delete from parked_key where partition_key = $1";
}

const LONG: Duration = Duration::from_secs(60);

fn seen(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(lamp, count)| ((*lamp).to_owned(), *count)).collect()
}

async fn light(world: &World, events: &[(&str, i64)]) {
    for (lamp, count) in events {
        world.light(lamp, *count).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_poison_event_is_parked_after_five_attempts_and_other_keys_go_on() {
    for trouble in [Trouble::Fail, Trouble::Panic] {
        let world = world().await;
        let moody = Moody::with(&[(1, trouble)]);
        light(&world, &[("b", 0), ("a", 1), ("b", 2), ("a", 3), ("b", 4)]).await;
        // Four pauses, 50 ms doubling, lie between five attempts.
        let early = follow(&world, &moody, Duration::from_millis(740)).await;
        assert_eq!((world.seen().await, early.attempts()), (seen(&[("b", 0)]), 4));
        let progress = follow(&world, &moody, Duration::from_secs(2)).await;
        assert_eq!(world.seen().await, seen(&[("b", 0), ("b", 2), ("b", 4)]), "{trouble:?}");
        assert_eq!(keys(&world.consumer).await, [("a".to_owned(), MAX_ATTEMPTS), ("a".to_owned(), 0)]);
        assert_eq!((progress.parked_keys(), progress.parked_letters()), (1, 2));
        let letter = parked(&world.consumer).await.remove(0);
        assert!(letter.last_error.contains("on purpose"), "{}", letter.last_error);
        assert!(letter.first_failed_at < letter.parked_at);
        // Once in the batch, five times alone.
        assert_eq!(moody.troubled_runs.load(Ordering::Relaxed), 6);
        assert!(world.consumer.query::<(i64, i64)>(&NOTED, &[]).await.unwrap().is_empty());
        // What follows of the key in a later life lines up behind.
        light(&world, &[("a", 5), ("b", 6)]).await;
        let progress = follow(&world, &moody, LONG).await;
        assert_eq!(world.seen().await.last().unwrap().1, 6);
        assert_eq!(progress.parked_letters(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn the_fifth_failure_parks_at_once() {
    let world = world().await;
    light(&world, &[("a", 1)]).await;
    follow(&world, &Moody::with(&[(1, Trouble::Fail)]), Duration::from_millis(760)).await;
    assert_eq!(keys(&world.consumer).await, [("a".to_owned(), MAX_ATTEMPTS)]);
}

/// The type of [`LampLit`] with another shape.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
struct Strange {
    lamp: String,
    count: String,
}

impl Event for Strange {
    const TYPE: &'static str = LampLit::TYPE;

    fn partition_key(&self) -> String {
        self.lamp.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_decoded_is_parked_and_an_edit_mends_it() {
    let world = world().await;
    let moody = Moody::with(&[]);
    let position = world.tell(Strange { lamp: "a".into(), count: "one".into() }).await;
    light(&world, &[("b", 2), ("a", 3)]).await;
    let progress = follow(&world, &moody, LONG).await;
    assert_eq!(world.seen().await, seen(&[("b", 2)]));
    let failed = replay(&world, &moody, position, &progress).await.unwrap().failed.unwrap();
    assert!(failed.error.contains("decoded"), "{}", failed.error);
    let edit = |text: &str| Edit {
        subscription: "lamps".into(),
        position,
        data: serde_json::value::RawValue::from_string(text.to_owned()).unwrap(),
        reason: "a number was written as a word".into(),
    };
    for text in [r#"{"lamp":"a","count":"uno"}"#, r#"{"lamp":"a","count":1}"#] {
        world.consumer.write(&world.context(), edit(text)).await.unwrap();
    }
    let letter = letters::show(&world.consumer, "lamps", position).await.unwrap().unwrap();
    // The original is the event as it arrived, not as it was before the last edit.
    assert!(letter.original.unwrap().data.get().contains("one"));
    assert_eq!(letter.attempts, MAX_ATTEMPTS + 1);
    let done = replay(&world, &moody, position, &progress).await.unwrap();
    assert_eq!((done.replayed, done.next, done.failed), (2, None, None));
    assert_eq!(world.seen().await, seen(&[("b", 2), ("a", 1), ("a", 3)]));
    assert_eq!((progress.parked_keys(), progress.parked_letters()), (0, 0));
    light(&world, &[("a", 4)]).await;
    follow(&world, &moody, LONG).await;
    assert_eq!(world.seen().await.last(), seen(&[("a", 4)]).last(), "the key flows again");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_events_fault_never_parks_it() {
    for trouble in [Trouble::Busy(20), Trouble::Away(20)] {
        let world = world().await;
        let moody = Moody::with(&[(1, trouble)]);
        light(&world, &[("a", 0)]).await;
        follow(&world, &moody, LONG).await;
        light(&world, &[("a", 1), ("b", 2)]).await;
        // Many short lives: each begins in doubt and must take its attempt back.
        for _ in 0..8 {
            follow(&world, &moody, Duration::from_millis(20)).await;
            assert!(world.consumer.query::<(i64, i64)>(&NOTED, &[]).await.unwrap().is_empty());
        }
        let progress = follow(&world, &moody, Duration::from_secs(300)).await;
        assert_eq!(world.seen().await, seen(&[("a", 0), ("a", 1), ("b", 2)]));
        assert_eq!((parked(&world.consumer).await.len(), progress.attempts()), (0, 0));
        assert!(progress.failures() >= 10, "{}", progress.failures());
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_not_the_events_fault_whatever_its_handler_says() {
    let world = world().await;
    let moody = Moody::with(&[(1, Trouble::Big)]);
    light(&world, &[("a", 1), ("b", 2)]).await;
    world.consumer.query::<(i64,)>(&SMALL, &[]).await.unwrap();
    let progress = follow(&world, &moody, LONG).await;
    assert!(progress.failures() > u64::from(MAX_ATTEMPTS));
    assert_eq!((world.seen().await.len(), parked(&world.consumer).await.len()), (0, 0));
    world.consumer.query::<(i64,)>(&LARGE, &[]).await.unwrap();
    follow(&world, &moody, LONG).await;
    assert_eq!((world.seen().await.len(), parked(&world.consumer).await.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn after_a_death_a_life_begins_at_a_random_time() {
    let world = world().await;
    let moody = Moody::with(&[]);
    light(&world, &[("a", 1)]).await;
    follow(&world, &moody, LONG).await;
    light(&world, &[("a", 2)]).await;
    let died = work(|tx| Box::pin(async move { tx.execute(&DIED, &[]).await }));
    let died: Result<u64, DbError> = world.consumer.write(&world.context(), died).await;
    died.unwrap();
    follow(&world, &moody, Duration::from_millis(1)).await;
    assert_eq!(world.seen().await.len(), 1, "whoever died with it goes first, or not");
    follow(&world, &moody, Duration::from_millis(400)).await;
    assert_eq!(world.seen().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn handling_costs_one_commit_for_each_batch() {
    let world = world().await;
    for count in 0..256 {
        world.light("a", count).await;
    }
    let before = world.consumer.stats();
    follow(&world, &Moody::with(&[]), LONG).await;
    let after = world.consumer.stats();
    // Where it begins, that it is its turn, and two batches.
    assert_eq!(after.commits - before.commits, 4);
}

#[tokio::test(start_paused = true)]
async fn what_came_after_the_start_is_not_in_doubt() {
    let world = world().await;
    light(&world, &[("a", 0)]).await;
    follow(&world, &Moody::with(&[]), LONG).await;
    let before = world.consumer.stats().commits;
    let moody = Moody::with(&[]);
    let driver = async {
        world.clock.sleep(Duration::from_secs(1)).await;
        light(&world, &[("a", 1)]).await;
    };
    tokio::join!(follow(&world, &moody, LONG), driver);
    // That it is its turn, and the event.
    assert_eq!(world.consumer.stats().commits - before, 2);
}

#[tokio::test(start_paused = true)]
async fn a_replay_stops_at_the_letter_that_fails_again() {
    let world = world().await;
    let moody = Moody::with(&[(1, Trouble::Fail), (3, Trouble::Panic)]);
    light(&world, &[("a", 1), ("a", 2), ("a", 3), ("a", 4)]).await;
    let progress = follow(&world, &moody, LONG).await;
    assert_eq!(parked(&world.consumer).await.len(), 4);
    moody.troubles.lock().unwrap().remove(&1);
    let done = replay(&world, &moody, 4, &progress).await.unwrap();
    assert_eq!((done.replayed, done.next), (2, Some(3)));
    assert!(matches!(done.failed, Some(FailedLetter { position: 3, .. })), "{done:?}");
    assert_eq!(world.seen().await, seen(&[("a", 1), ("a", 2)]));
    assert_eq!(keys(&world.consumer).await, [("a".to_owned(), 1), ("a".to_owned(), 0)]);
    moody.troubles.lock().unwrap().insert(3, Trouble::Busy(1));
    let busy = replay(&world, &moody, 3, &progress).await.unwrap_err();
    assert!(matches!(busy, LetterError::Unavailable(_)), "{busy:?}");
    assert_eq!(keys(&world.consumer).await[0].1, 1, "what is away is not the letter's fault");
    assert_eq!(replay(&world, &moody, 3, &progress).await.unwrap().replayed, 2);
    assert_eq!(world.seen().await, seen(&[("a", 1), ("a", 2), ("a", 3), ("a", 4)]));
    assert_eq!(replay(&world, &moody, 3, &progress).await.unwrap_err(), LetterError::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_dropped_with_a_reason_that_stays() {
    let world = world().await;
    let moody = Moody::with(&[(1, Trouble::Fail)]);
    light(&world, &[("a", 1), ("a", 2), ("a", 3)]).await;
    let progress = follow(&world, &moody, LONG).await;
    let discard = |position, head| Discard {
        subscription: "lamps".into(),
        position,
        head,
        reason: "sent by mistake".into(),
        progress: progress.clone(),
    };
    let head = world.consumer.write(&world.context(), discard(3, true)).await.unwrap();
    assert_eq!(head.position, 1);
    world.consumer.write(&world.context(), discard(3, false)).await.unwrap();
    assert_eq!((progress.parked_keys(), progress.parked_letters()), (1, 1));
    assert_eq!(
        world.consumer.write(&world.context(), discard(3, false)).await.unwrap_err(),
        LetterError::NotFound
    );
    world.consumer.write(&world.context(), discard(2, false)).await.unwrap();
    assert_eq!(progress.parked_keys(), 0);
    let audit: Vec<(String, String, String, i64)> = world.consumer.query(&AUDIT, &[]).await.unwrap();
    let positions: Vec<i64> = audit.iter().map(|entry| entry.3).collect();
    assert_eq!(positions, [1, 3, 2]);
    assert_eq!((audit[0].0.as_str(), audit[0].1.as_str()), ("drop", "sent by mistake"));
    light(&world, &[("a", 4)]).await;
    follow(&world, &moody, LONG).await;
    assert_eq!(world.seen().await, seen(&[("a", 4)]));
}

async fn fill(world: &World, key: &str, letters: i64) {
    let key = key.to_owned();
    let fill = work(move |tx| {
        let key = key.clone();
        Box::pin(async move { tx.execute(&FILL, params![key, letters]).await })
    });
    let filled: Result<u64, DbError> = world.consumer.write(&world.context(), fill).await;
    filled.unwrap();
}

async fn empty(world: &World, key: &'static str) {
    let empty = work(move |tx| Box::pin(async move { tx.execute(&EMPTY, params![key]).await }));
    let emptied: Result<u64, DbError> = world.consumer.write(&world.context(), empty).await;
    emptied.unwrap();
}

/// Follows for a minute, makes room, and follows on in the same life.
async fn follow_and_empty(world: &World, moody: &Arc<Moody>, key: &'static str) -> Arc<Progress> {
    let progress = Arc::new(Progress::default());
    let runner = tradewind_events::run(
        Arc::new(crate::moody::subscription()),
        moody.clone(),
        Box::new(world.feed()),
        world.options(&progress),
    );
    let driver = async {
        world.clock.sleep(LONG).await;
        assert!(progress.is_stopped(), "it says that it stands still");
        assert_eq!(world.seen().await, seen(&[("b", 0)]), "nothing overtakes and nothing is lost");
        empty(world, key).await;
        world.clock.sleep(LONG).await;
        assert!(!progress.is_stopped());
    };
    tokio::select! {
        biased;
        () = driver => {}
        () = runner => {}
    }
    progress
}

#[tokio::test(start_paused = true)]
async fn at_the_bound_of_keys_the_subscription_stops_until_there_is_room() {
    let world = world().await;
    for number in 0..1024 {
        fill(&world, &format!("full-{number}"), 1).await;
    }
    let moody = Moody::with(&[(1, Trouble::Fail)]);
    light(&world, &[("b", 0), ("a", 1), ("b", 2)]).await;
    let progress = follow_and_empty(&world, &moody, "full-7").await;
    // While it waits for a place its handler does not run again.
    assert_eq!(progress.attempts(), 5);
    assert_eq!(world.seen().await, seen(&[("b", 0), ("b", 2)]));
    assert_eq!(keys(&world.consumer).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn at_the_bound_of_letters_the_subscription_stops_until_there_is_room() {
    let world = world().await;
    fill(&world, "a", 1023).await;
    let moody = Moody::with(&[]);
    light(&world, &[("a", 1), ("b", 0), ("a", 2), ("b", 3)]).await;
    follow_and_empty(&world, &moody, "a").await;
    // The key was emptied by force: its last event flows.
    assert_eq!(world.seen().await, seen(&[("b", 0), ("a", 2), ("b", 3)]));
    assert_eq!(keys(&world.consumer).await, [("a".to_owned(), 0)]);
}
