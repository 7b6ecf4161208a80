//! A runner that is dropped at any await, on a database whose writer is a thread of its own.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tradewind_db::{Db, Execution, Location, MigrateMode, Options, lease};
use tradewind_events::{MAX_ATTEMPTS, Progress, run};

use crate::deaths::Folder;
use crate::moody::{Moody, Trouble, keys, subscription};
use crate::support::{SEEN, World, world};

/// Polls the runner until it was pending `most` times, or has reached `target`, and drops it.
async fn live(world: &World, moody: &Arc<Moody>, target: i64, most: u32) -> bool {
    let progress = Arc::new(Progress::default());
    let mut runner =
        pin!(run(Arc::new(subscription()), moody.clone(), Box::new(world.feed()), world.options(&progress)));
    let mut pending = 0;
    poll_fn(|context| {
        let _ = runner.as_mut().poll(context);
        pending += 1;
        if pending > most || progress.position() >= target { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    progress.position() >= target
}

#[tokio::test(start_paused = true)]
async fn a_life_may_end_at_any_await() {
    for most in 0..40 {
        let folder = Folder::new();
        let World { producer, clock, entropy, .. } = world().await;
        let options = Options {
            location: Location::File(folder.file("consumer.db")),
            execution: Execution::Threaded,
            readers: 1,
            clock: clock.clone(),
            entropy: entropy.fork("file"),
        };
        let consumer = Db::open(options).unwrap();
        consumer
            .migrate(&[lease::MIGRATIONS, tradewind_events::MIGRATIONS, SEEN], MigrateMode::Auto)
            .await
            .unwrap();
        let world = World { producer, consumer, clock, entropy };
        let moody = Moody::with(&[(1, Trouble::Fail)]);
        let mut target = 0;
        for (lamp, count) in [("b", 0), ("a", 1), ("b", 2), ("a", 3), ("b", 4)] {
            target = world.light(lamp, count).await;
        }
        // Two lives end at the same place, one gets on further.
        for life in [most, most, most + 3] {
            live(&world, &moody, target, life).await;
        }
        // No limit in virtual time here: while the writer's thread works, time jumps to the next timer.
        assert!(live(&world, &moody, target, u32::MAX).await);
        let seen: Vec<i64> = world.seen().await.into_iter().map(|(_, count)| count).collect();
        assert_eq!(seen, [0, 2, 4], "after {most}");
        let parked = keys(&world.consumer).await;
        assert_eq!(parked, [("a".to_owned(), MAX_ATTEMPTS), ("a".to_owned(), 0)], "after {most}");
        world.consumer.close().await;
    }
}
