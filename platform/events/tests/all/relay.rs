//! Relays, on an outlet that the test looks into: what goes out, in which order, and again after what failure.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_db::{Db, DbError, lease, work};
use tradewind_events::{Outlet, OutletError, Prune, Recorded, RelayOptions, RelayProgress, Sent, relay};

use crate::support::{World, world};

const RELAY: &str = "relay-test";

/// What the other side has, and what it does.
#[derive(Default)]
struct Wire {
    /// (position, previous) in the order of arrival.
    arrived: Vec<(i64, i64)>,
    /// How many more may be confirmed; the others stay on the way.
    confirms: usize,
    is_away: bool,
    opened: u32,
}

#[derive(Clone, Default)]
struct Line(Arc<Mutex<Wire>>);

impl Line {
    fn with(confirms: usize) -> Self {
        Self(Arc::new(Mutex::new(Wire { confirms, ..Wire::default() })))
    }

    fn set(&self, change: impl FnOnce(&mut Wire)) {
        change(&mut self.0.lock().unwrap());
    }

    fn positions(&self) -> Vec<i64> {
        self.0.lock().unwrap().arrived.iter().map(|(position, _)| *position).collect()
    }
}

struct TestOutlet {
    line: Line,
    on_the_way: Vec<i64>,
    confirmed: Option<i64>,
}

fn away() -> OutletError {
    OutletError { message: "away".into(), is_outage: true }
}

impl Outlet for TestOutlet {
    fn open(&mut self) -> Sent<'_, ()> {
        Box::pin(async move {
            self.on_the_way.clear();
            self.confirmed = None;
            let mut wire = self.line.0.lock().unwrap();
            wire.opened += 1;
            if wire.is_away { Err(away()) } else { Ok(()) }
        })
    }

    fn send(&mut self, event: Recorded, previous: i64) -> Sent<'_, ()> {
        Box::pin(async move {
            let mut wire = self.line.0.lock().unwrap();
            if wire.is_away {
                return Err(away());
            }
            wire.arrived.push((event.position, previous));
            if wire.confirms > 0 {
                wire.confirms -= 1;
                self.confirmed = Some(event.position);
            } else {
                self.on_the_way.push(event.position);
            }
            Ok(())
        })
    }

    fn confirmed(&self) -> Option<i64> {
        self.confirmed
    }

    fn is_waiting(&self) -> bool {
        !self.on_the_way.is_empty()
    }

    fn settle(&mut self) -> Sent<'_, ()> {
        Box::pin(std::future::pending())
    }
}

type Running = Pin<Box<dyn Future<Output = ()>>>;

fn replica(world: &World, line: &Line, holder: &str) -> (Arc<RelayProgress>, Running) {
    let progress = Arc::new(RelayProgress::default());
    let options = RelayOptions {
        relay: RELAY,
        producer: "lamps",
        holder: holder.to_owned(),
        db: world.producer.clone(),
        clock: world.clock.clone(),
        entropy: world.entropy.fork(holder),
        progress: progress.clone(),
    };
    let outlet = TestOutlet { line: line.clone(), on_the_way: Vec::new(), confirmed: None };
    (progress, Box::pin(relay(Box::new(outlet), options)))
}

async fn runs(world: &World, limit: Duration, running: impl Future<Output = ()>) {
    world.clock.timeout(limit, running).await.unwrap_err();
}

const SECOND: Duration = Duration::from_secs(1);

async fn stored(db: &Db) -> i64 {
    tradewind_db::sql! { STORED = "select position from event_relay"; }
    db.query_optional::<(i64,)>(&STORED, &[]).await.unwrap().unwrap().0
}

#[tokio::test(start_paused = true)]
async fn a_new_relay_begins_with_what_is_announced_from_then_on_and_names_what_came_before() {
    let world = world().await;
    let old = world.light("x", 0).await;
    let line = Line::with(100);
    let (progress, relay) = replica(&world, &line, "a");
    let driver = async {
        world.clock.sleep(Duration::from_millis(1)).await;
        for count in 1..4 {
            world.light("x", count).await;
        }
        world.clock.sleep(SECOND).await;
    };
    runs(&world, 2 * SECOND, async {
        tokio::join!(relay, driver);
    })
    .await;
    assert_eq!(line.0.lock().unwrap().arrived, [(old + 1, old), (old + 2, old + 1), (old + 3, old + 2)]);
    assert_eq!((progress.position(), progress.behind()), (old + 3, Some(0)));
    assert_eq!(stored(&world.producer).await, old + 3, "written down although there were few");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_confirmed_goes_out_again_in_the_next_life_and_nothing_is_left_out() {
    let world = world().await;
    let line = Line::with(2);
    let (_, first) = replica(&world, &line, "a");
    let driver = async {
        world.clock.sleep(Duration::from_millis(1)).await;
        for count in 1..6 {
            world.light("x", count).await;
        }
    };
    runs(&world, 2 * SECOND, async {
        tokio::join!(first, driver);
    })
    .await;
    assert_eq!(line.positions(), [1, 2, 3, 4, 5]);
    line.set(|wire| wire.confirms = 100);
    let (progress, second) = replica(&world, &line, "a");
    runs(&world, 2 * SECOND, second).await;
    assert_eq!(line.positions(), [1, 2, 3, 4, 5, 3, 4, 5]);
    assert_eq!(progress.position(), 5);
}

#[tokio::test(start_paused = true)]
async fn while_the_other_side_is_away_the_log_keeps_it_and_it_goes_out_within_a_second_after() {
    let world = world().await;
    let line = Line::with(1_000);
    let (progress, relay) = replica(&world, &line, "a");
    let driver = async {
        world.clock.sleep(Duration::from_millis(1)).await;
        world.light("x", 0).await;
        world.clock.sleep(SECOND).await;
        line.set(|wire| wire.is_away = true);
        for count in 1..500 {
            world.light("x", count).await;
        }
        world.clock.sleep(60 * SECOND).await;
        assert_eq!(line.positions(), [1]);
        assert!(progress.behind().is_some_and(|behind| behind > 400));
        let tries = line.0.lock().unwrap().opened;
        assert!(tries < 80, "it tried {tries} times");
        line.set(|wire| wire.is_away = false);
        world.clock.sleep(2 * SECOND).await;
        assert_eq!(line.positions(), (1..=500).collect::<Vec<_>>());
        assert_eq!(progress.behind(), Some(0));
    };
    runs(&world, 70 * SECOND, async {
        tokio::join!(relay, driver);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_one_relays_and_the_other_goes_on_when_that_is_silent() {
    let world = world().await;
    let line = Line::with(1_000);
    let ((one, first), (two, second)) = (replica(&world, &line, "a"), replica(&world, &line, "b"));
    let both = async {
        let driver = async {
            world.clock.sleep(Duration::from_millis(1)).await;
            for count in 0..300 {
                world.light("x", count).await;
                world.clock.sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::join!(first, driver);
    };
    let mut second = second;
    // The first runs for half a minute, the second beyond it.
    let joined = async {
        tokio::select! {
            biased;
            _ = world.clock.timeout(25 * SECOND, both) => {}
            () = &mut second => {}
        }
    };
    joined.await;
    let before = line.positions();
    assert_eq!(before, (1..=before.len() as i64).collect::<Vec<_>>(), "each once");
    assert!(one.is_active() ^ two.is_active(), "one of them relays");
    world.light("x", 1_000).await;
    runs(&world, 15 * SECOND, second).await;
    let head = tradewind_events::head(&world.producer).await.unwrap();
    let mut all = line.positions();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, (1..=head).collect::<Vec<_>>(), "none is left out");
}

#[tokio::test(start_paused = true)]
async fn progress_moves_only_under_the_newest_token() {
    let world = world().await;
    let line = Line::with(1_000);
    let (progress, relay) = replica(&world, &line, "a");
    let driver = async {
        world.clock.sleep(Duration::from_millis(1)).await;
        world.light("x", 0).await;
        world.clock.sleep(SECOND).await;
        let seize = work(|tx| {
            Box::pin(async move { lease::seize(tx, "relay/relay-test", "other", 5 * SECOND).await })
        });
        let token: Result<i64, DbError> = world.producer.write(&world.context(), seize).await;
        token.unwrap();
        world.light("x", 1).await;
        world.clock.sleep(2 * SECOND).await;
        assert_eq!(stored(&world.producer).await, 1, "the other may have come further");
        assert!(!progress.is_active());
        world.clock.sleep(5 * SECOND).await;
        assert_eq!(stored(&world.producer).await, 2, "it takes over when the other says nothing any more");
    };
    runs(&world, 10 * SECOND, async {
        tokio::join!(relay, driver);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_relayed_is_not_pruned_and_a_relay_that_was_forgotten_goes_on_behind_what_was() {
    let world = world().await;
    let line = Line::with(1_000);
    line.set(|wire| wire.is_away = false);
    let (_, relay) = replica(&world, &line, "a");
    runs(&world, SECOND, relay).await;
    for count in 0..3 {
        world.light("x", count).await;
    }
    world.clock.sleep(3_600 * SECOND).await;
    let prune = |forget_after| Prune { keep: 60 * SECOND, forget_after };
    let pruned = world.producer.write(&world.context(), prune(7_200 * SECOND)).await.unwrap();
    assert_eq!(pruned.events, 0, "they are kept for the relay");
    let pruned = world.producer.write(&world.context(), prune(60 * SECOND)).await.unwrap();
    assert_eq!(pruned.events, 3);
    world.light("x", 3).await;
    let (progress, relay) = replica(&world, &line, "a");
    runs(&world, 2 * SECOND, relay).await;
    assert_eq!(line.0.lock().unwrap().arrived, [(4, 3)]);
    assert_eq!(progress.position(), 4);
}
