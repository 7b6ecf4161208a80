//! What the log keeps, for whom, and how those are told who come too late.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::{DbError, sql};
use tradewind_events::{Feed, FeedError, Horizon, Progress, Prune, Pruned, Start, head, horizon, run};

use crate::support::{LampBroken, Watcher, World, subscription, world};

const DAY: Duration = Duration::from_secs(24 * 3600);

sql! {
    COUNT = "select count(*) from event_log";
    KEYS = "select partition_key, sequence, pruned from event_key order by partition_key";
    SET_CURSOR = "update event_cursor set position = 0 returning position";
}

async fn prune(world: &World) -> Pruned {
    let prune = Prune { keep: DAY, forget_after: 10 * DAY };
    let pruned: Result<Pruned, DbError> = world.producer.write(&world.context(), prune).await;
    pruned.unwrap()
}

async fn follow(world: &World, start: Start, seconds: u64) -> (Arc<Progress>, Arc<Watcher>) {
    let (progress, watcher) = (Arc::new(Progress::default()), Arc::new(Watcher::default()));
    let subscription = Arc::new(subscription().start(start));
    let runner = run(subscription, watcher.clone(), Box::new(world.feed()), world.options(&progress));
    world.clock.timeout(Duration::from_secs(seconds), runner).await.unwrap_err();
    (progress, watcher)
}

async fn report(world: &World, name: &str, position: i64) -> Result<(), FeedError> {
    world.feed().report(&world.context(), name, position).await
}

async fn left(world: &World) -> i64 {
    world.producer.query::<(i64,)>(&COUNT, &[]).await.unwrap()[0].0
}

async fn light(world: &World, count: i64) {
    for count in 0..count {
        world.light(["x", "y"][count as usize % 2], count).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_goes_when_it_is_old_and_everybody_has_passed_it() {
    let world = world().await;
    light(&world, 10).await;
    report(&world, "a", 4).await.unwrap();
    report(&world, "b", 7).await.unwrap();
    assert_eq!((prune(&world).await.events, left(&world).await), (0, 10), "it is young");
    world.clock.sleep(DAY + Duration::from_secs(1)).await;
    light(&world, 1).await;
    let pruned = prune(&world).await;
    assert_eq!((pruned.events, pruned.horizon, left(&world).await), (4, 4, 7), "one has not passed the rest");
    report(&world, "a", 11).await.unwrap();
    report(&world, "b", 11).await.unwrap();
    assert_eq!((prune(&world).await.events, left(&world).await), (6, 1), "the last is young");
    let keys: Vec<(String, i64, i64)> = world.producer.query(&KEYS, &[]).await.unwrap();
    assert_eq!(keys, [("x".to_owned(), 6, 5), ("y".to_owned(), 5, 5)]);
    let Horizon { position, time } = horizon(&world.producer).await.unwrap();
    assert_eq!((position, time), (10, Some(world.clock.now().minus(DAY + Duration::from_secs(1)))));
    world.clock.sleep(DAY * 2).await;
    prune(&world).await;
    assert_eq!(
        (left(&world).await, head(&world.producer).await.unwrap()),
        (0, 11),
        "the head does not go back"
    );
    assert_eq!(world.light("x", 1).await, 12);
}

#[tokio::test(start_paused = true)]
async fn a_portion_is_bounded_and_nobody_in_a_log_holds_nothing_back() {
    let world = world().await;
    light(&world, 1_500).await;
    world.clock.sleep(2 * DAY).await;
    let first = prune(&world).await;
    assert_eq!((first.events, first.is_full), (1_000, true));
    let second = prune(&world).await;
    assert_eq!((second.events, second.is_full, second.horizon), (500, false, 1_500));
    let before = world.producer.stats();
    assert_eq!(prune(&world).await.events, 0);
    assert!(world.producer.stats().statements - before.statements <= 3, "nothing to do costs a look");
}

#[tokio::test(start_paused = true)]
async fn a_runner_registers_and_reports_what_it_has_stored_once_a_minute() {
    let world = world().await;
    let reported = async || prune(&world).await.subscribers.first().map(|each| each.position);
    let driver = async {
        world.clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(reported().await, Some(0), "it registers before there is anything");
        for count in 0..30 {
            world.light("x", count).await;
            world.clock.sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(reported().await, Some(0), "not with each event");
        for _ in 0..10 {
            // Of no interest: they move the cursor only because it is reported.
            world.tell(LampBroken { lamp: "x".into() }).await;
        }
        world.clock.sleep(Duration::from_secs(60)).await;
        assert_eq!((reported().await, world.cursor().await), (Some(40), 40));
        let before = (world.producer.stats().works, world.consumer.stats().works);
        world.clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(
            (world.producer.stats().works, world.consumer.stats().works),
            before,
            "idle costs nothing"
        );
    };
    let ((progress, _), ()) = tokio::join!(follow(&world, Start::Beginning, 4_000), driver);
    assert_eq!(progress.failures(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_who_holds_it_back_in_silence_is_forgotten_and_told_when_it_comes_back() {
    let world = world().await;
    light(&world, 4).await;
    follow(&world, Start::Beginning, 120).await;
    light(&world, 4).await;
    world.clock.sleep(9 * DAY).await;
    let pruned = prune(&world).await;
    assert_eq!((pruned.horizon, pruned.forgotten.len()), (4, 0), "there is patience");
    world.clock.sleep(2 * DAY).await;
    let pruned = prune(&world).await;
    let forgotten: Vec<_> = pruned.forgotten.iter().map(|each| (each.name.as_str(), each.position)).collect();
    assert_eq!((pruned.horizon, forgotten), (8, vec![("watchers", 4)]));
    assert!(pruned.subscribers.is_empty());
    world.light("x", 9).await;
    let (progress, _) = follow(&world, Start::Beginning, 60).await;
    assert!(progress.is_stopped() && progress.failures() > 0, "it does not pass over what is gone");
    assert_eq!(world.seen().await.len(), 4);
    assert_eq!(prune(&world).await.subscribers, [], "and holds nothing back");
}

#[tokio::test(start_paused = true)]
async fn one_who_is_silent_and_holds_nothing_back_stays() {
    let world = world().await;
    light(&world, 4).await;
    follow(&world, Start::Beginning, 120).await;
    world.clock.sleep(40 * DAY).await;
    world.light("x", 5).await;
    let pruned = prune(&world).await;
    assert_eq!((pruned.horizon, pruned.forgotten, pruned.subscribers.len()), (4, vec![], 1));
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_noticed_in_the_middle_of_a_life() {
    let world = world().await;
    light(&world, 8).await;
    world.clock.sleep(2 * DAY).await;
    prune(&world).await;
    world.light("x", 9).await;
    let lost = FeedError::Pruned { producer: "lamps".into(), position: 7, horizon: 8 };
    assert_eq!(world.feed().read(7, 10).await.unwrap_err(), lost);
    assert!(lost.to_string().contains("set its cursor to 8"), "{lost}");
    assert_eq!(world.feed().read(8, 10).await.unwrap().len(), 1);
    assert!(report(&world, "late", 7).await.is_err());
    assert_eq!(report(&world, "in time", 8).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_new_subscription_begins_with_the_oldest_there_is() {
    for (start, seen) in [(Start::Beginning, 2), (Start::Now, 0)] {
        let world = world().await;
        light(&world, 8).await;
        world.clock.sleep(2 * DAY).await;
        prune(&world).await;
        light(&world, 2).await;
        let (progress, _) = follow(&world, start, 1).await;
        assert_eq!((progress.failures(), progress.position(), world.seen().await.len()), (0, 10, seen));
    }
    // Also when nothing is left.
    let world = world().await;
    light(&world, 8).await;
    world.clock.sleep(2 * DAY).await;
    prune(&world).await;
    let (progress, _) = follow(&world, Start::Now, 1).await;
    assert_eq!((progress.failures(), progress.position(), world.cursor().await), (0, 8, 8));
}

#[tokio::test(start_paused = true)]
async fn a_cursor_from_an_old_backup_is_not_taken_for_the_truth() {
    let world = world().await;
    light(&world, 8).await;
    follow(&world, Start::Beginning, 120).await;
    world.clock.sleep(2 * DAY).await;
    assert_eq!(prune(&world).await.horizon, 8);
    assert_eq!(world.consumer.query::<(i64,)>(&SET_CURSOR, &[]).await.unwrap(), [(0,)]);
    let (progress, _) = follow(&world, Start::Beginning, 60).await;
    assert!(progress.is_stopped());
}
