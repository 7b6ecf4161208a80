//! Subscriptions over the near feed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tradewind_events::{Progress, Start, run};
use tradewind_kernel::Clock;

use crate::support::{LampBroken, LampLit, Watcher, World, subscription, world};

/// Runs the subscription for a while of virtual time, then drops it wherever it is.
async fn follow(world: &World, watcher: &Arc<Watcher>, seconds: u64) -> Arc<Progress> {
    let progress = Arc::new(Progress::default());
    let runner =
        run(Arc::new(subscription()), watcher.clone(), Box::new(world.feed()), world.options(&progress));
    world.clock.timeout(Duration::from_secs(seconds), runner).await.unwrap_err();
    progress
}

fn pairs(expected: &[i64]) -> Vec<(String, i64)> {
    expected.iter().map(|count| ("a".to_owned(), *count)).collect()
}

#[tokio::test(start_paused = true)]
async fn effects_happen_once_in_order_and_across_restarts() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    for count in 0..300 {
        world.light("a", count).await;
    }
    follow(&world, &watcher, 1).await;
    for count in 300..400 {
        world.light("a", count).await;
    }
    follow(&world, &watcher, 1).await;
    assert_eq!(world.seen().await, pairs(&(0..400).collect::<Vec<_>>()));
    assert_eq!(watcher.runs.load(Ordering::Relaxed), 400);
}

#[tokio::test(start_paused = true)]
async fn a_failing_event_holds_back_what_follows_and_loses_nothing() {
    let world = world().await;
    let watcher =
        Arc::new(Watcher { fail_at: Some(5), failures_left: AtomicU32::new(4), ..Watcher::default() });
    for count in 0..10 {
        world.light("a", count).await;
    }
    let progress = follow(&world, &watcher, 0).await;
    assert_eq!(world.seen().await, pairs(&[0, 1, 2, 3, 4]), "order is kept behind the failing one");
    assert!(progress.failures() >= 1);
    follow(&world, &watcher, 60).await;
    assert_eq!(world.seen().await, pairs(&(0..10).collect::<Vec<_>>()));
}

#[tokio::test(start_paused = true)]
async fn a_commit_wakes_the_reader_and_idleness_costs_next_to_nothing() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let clock: Clock = world.clock.clone();
    let follower = follow(&world, &watcher, 3600);
    let driver = async {
        clock.sleep(Duration::from_secs(1)).await;
        world.light("a", 1).await;
        // Virtual time moves only when every task waits: no time passes between commit and handler.
        clock.sleep(Duration::from_millis(1)).await;
        assert_eq!(world.seen().await, pairs(&[1]));
        let before = world.producer.stats().statements + world.consumer.stats().statements;
        clock.sleep(Duration::from_secs(1000)).await;
        let idle = world.producer.stats().statements + world.consumer.stats().statements - before;
        // A look at the log every ten seconds, and one report of how far it has come.
        assert!(idle <= 100 + 2, "{idle} statements in 1,000 idle seconds");
    };
    tokio::join!(follower, driver);
}

#[tokio::test(start_paused = true)]
async fn events_of_no_interest_cost_no_commit() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let mut last = 0;
    for _ in 0..100 {
        last = world.tell(LampBroken { lamp: "a".into() }).await;
    }
    let before = world.consumer.stats().commits;
    let progress = follow(&world, &watcher, 1).await;
    assert_eq!(progress.position(), last);
    // One commit writes down where the new subscription begins.
    assert_eq!(world.consumer.stats().commits - before, 1);
    world.light("a", 7).await;
    follow(&world, &watcher, 1).await;
    assert_eq!(world.seen().await, pairs(&[7]));
    assert_eq!(world.cursor().await, last + 1);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_begins_now_skips_the_past() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    world.light("a", 1).await;
    let progress = Arc::new(Progress::default());
    let subscription = Arc::new(subscription().start(Start::Now));
    let runner = run(subscription, watcher, Box::new(world.feed()), world.options(&progress));
    let driver = async {
        world.clock.sleep(Duration::from_secs(1)).await;
        world.light("a", 2).await;
    };
    let both = async { tokio::join!(runner, driver) };
    world.clock.timeout(Duration::from_secs(2), both).await.unwrap_err();
    assert_eq!(world.seen().await, pairs(&[2]));
}

#[test]
fn a_reader_ignores_fields_it_does_not_know() {
    let newer = r#"{"lamp":"a","count":1,"colour":"red"}"#;
    assert_eq!(serde_json::from_str::<LampLit>(newer).unwrap(), LampLit { lamp: "a".into(), count: 1 });
}
