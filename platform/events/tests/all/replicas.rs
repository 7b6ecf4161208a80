//! Several runners on one consumer's database, as replicas are: one handles, the others take over.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, lease, work};
use tradewind_events::{Feed, FeedError, Horizon, LogFeed, Progress, Recorded, RunnerOptions, run};
use tradewind_kernel::Context;

use crate::deaths::Folder;
use crate::support::{LampBroken, SEEN, Watcher, World, subscription, world};

const LEASE: &str = "subscription/lamps";
/// A runner, boxed: two of them make a large future.
type Running = Pin<Box<dyn Future<Output = ()>>>;

const TTL: Duration = Duration::from_secs(10);

/// One replica: its runner, and how far it says it has come.
fn replica(world: &World, holder: &str, watcher: &Arc<Watcher>) -> (Arc<Progress>, Running) {
    with_feed(world, holder, watcher, Box::new(world.feed()))
}

fn with_feed(
    world: &World,
    holder: &str,
    watcher: &Arc<Watcher>,
    feed: Box<dyn Feed>,
) -> (Arc<Progress>, Running) {
    let progress = Arc::new(Progress::default());
    let options = RunnerOptions { holder: holder.to_owned(), ..world.options(&progress) };
    (progress, Box::pin(run(Arc::new(subscription()), watcher.clone(), feed, options)))
}

async fn counts(world: &World) -> Vec<i64> {
    world.seen().await.into_iter().map(|(_, count)| count).collect()
}

async fn runs(world: &World, limit: Duration, runner: impl Future<Output = ()>) {
    world.clock.timeout(limit, runner).await.unwrap_err();
}

/// Takes the lease away, as a backup does.
async fn seize(world: &World, ttl: Duration) -> i64 {
    let seize = work(move |tx| Box::pin(async move { lease::seize(tx, LEASE, "backup", ttl).await }));
    let token: Result<i64, DbError> = world.consumer.write(&world.context(), seize).await;
    token.unwrap()
}

async fn give_back(world: &World, holder: &'static str) {
    let release = work(move |tx| Box::pin(async move { lease::release_all(tx, holder).await }));
    let released: Result<u64, DbError> = world.consumer.write(&world.context(), release).await;
    assert_eq!(released, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_one_handles_each_event_and_both_know_how_far() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let ((first, one), (second, two)) = (replica(&world, "a", &watcher), replica(&world, "b", &watcher));
    let driver = async {
        for round in 0..90 {
            for count in 0..10 {
                world.light(["x", "y", "z"][count % 3], 10 * round + count as i64).await;
            }
            // Of no interest: the cursor is behind when it is time to report it.
            let last = world.tell(LampBroken { lamp: "x".into() }).await;
            let both = async { tokio::join!(first.reached(last), second.reached(last)) };
            // Nobody waits for a lease to end where the other says what it does.
            world.clock.timeout(Duration::from_millis(1), both).await.unwrap();
            world.clock.sleep(Duration::from_secs(1)).await;
        }
    };
    runs(&world, Duration::from_secs(120), async {
        tokio::join!(one, two, driver);
    })
    .await;
    assert_eq!(counts(&world).await, (0..900).collect::<Vec<_>>());
    assert_eq!(watcher.runs.load(Ordering::Relaxed), 900, "no handler ran in vain");
    assert_eq!(first.handled().min(second.handled()), 0, "one of them had nothing to do");
    assert_eq!((first.failures(), second.failures()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_dies_is_replaced_when_its_lease_has_ended() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    world.light("x", 0).await;
    let (_, survivor) = replica(&world, "b", &watcher);
    let (_, dying) = replica(&world, "a", &watcher);
    runs(&world, Duration::from_secs(1), dying).await;
    assert_eq!(counts(&world).await, [0]);
    world.light("x", 1).await;
    let mut survivor = pin!(survivor);
    runs(&world, TTL - Duration::from_secs(2), survivor.as_mut()).await;
    assert_eq!(counts(&world).await, [0], "who died might still be alive");
    runs(&world, Duration::from_secs(2), survivor.as_mut()).await;
    assert_eq!(counts(&world).await, [0, 1]);
    assert_eq!(watcher.runs.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_gives_its_turn_back_is_replaced_at_once() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    world.light("x", 0).await;
    let (_, ending) = replica(&world, "a", &watcher);
    runs(&world, Duration::from_secs(1), ending).await;
    let (_, other) = replica(&world, "b", &watcher);
    let driver = async {
        world.light("x", 1).await;
        world.clock.sleep(Duration::from_secs(2)).await;
        give_back(&world, "a").await;
        world.clock.sleep(Duration::from_millis(1)).await;
        assert_eq!(counts(&world).await, [0, 1]);
    };
    runs(&world, TTL, async {
        tokio::join!(other, driver);
    })
    .await;
}

/// A feed whose reader sleeps after it has read, as a process does that is stopped for a while.
struct Sleeper {
    feed: LogFeed,
    asleep: Arc<Notify>,
    wake: Arc<Notify>,
    sleeps_after: i64,
}

type Read<'a> = Pin<Box<dyn Future<Output = Result<Vec<Recorded>, FeedError>> + Send + 'a>>;

impl Feed for Sleeper {
    fn read(&mut self, position: i64, limit: u16) -> Read<'_> {
        Box::pin(async move {
            let read = self.feed.read(position, limit).await?;
            if read.first().is_some_and(|event| event.position > self.sleeps_after) {
                self.sleeps_after = i64::MAX;
                self.asleep.notify_one();
                self.wake.notified().await;
            }
            Ok(read)
        })
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.feed.wait()
    }

    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>> {
        self.feed.head()
    }

    fn horizon(&mut self) -> Pin<Box<dyn Future<Output = Result<Horizon, FeedError>> + Send + '_>> {
        self.feed.horizon()
    }

    fn report<'a>(
        &'a mut self,
        context: &'a Context,
        subscriber: &'a str,
        position: i64,
    ) -> Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send + 'a>> {
        self.feed.report(context, subscriber, position)
    }
}

fn sleeper(world: &World, sleeps_after: i64) -> (Box<Sleeper>, Arc<Notify>, Arc<Notify>) {
    let (asleep, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let sleeper = Sleeper { feed: world.feed(), asleep: asleep.clone(), wake: wake.clone(), sleeps_after };
    (Box::new(sleeper), asleep, wake)
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_slept_past_its_lease_does_nothing_under_its_old_token() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let first = world.light("x", 0).await;
    let (feed, asleep, wake) = sleeper(&world, first);
    let (late, sleeping) = with_feed(&world, "a", &watcher, feed);
    let (_, other) = replica(&world, "b", &watcher);
    let driver = async {
        world.light("x", 1).await;
        asleep.notified().await;
        world.clock.sleep(2 * TTL).await;
        assert_eq!(counts(&world).await, [0, 1], "the other went on");
        let last = world.light("x", 2).await;
        wake.notify_one();
        world.clock.timeout(Duration::from_secs(1), late.reached(last)).await.unwrap();
    };
    runs(&world, 3 * TTL, async {
        tokio::join!(sleeping, other, driver);
    })
    .await;
    assert_eq!(counts(&world).await, [0, 1, 2]);
    assert_eq!(late.failures(), 0, "losing a turn is no failure");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_waits_for_its_turn_hears_how_far_the_other_came() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let first = world.light("x", 0).await;
    let (feed, asleep, wake) = sleeper(&world, first);
    let (_, slow) = with_feed(&world, "a", &watcher, feed);
    let (waiting, other) = replica(&world, "b", &watcher);
    let driver = async {
        let last = world.light("x", 1).await;
        asleep.notified().await;
        world.clock.sleep(TTL / 5).await;
        assert_eq!(waiting.position(), first);
        wake.notify_one();
        world.clock.timeout(Duration::from_millis(1), waiting.reached(last)).await.unwrap();
    };
    runs(&world, TTL, async {
        tokio::join!(slow, other, driver);
    })
    .await;
    assert_eq!((counts(&world).await, waiting.handled()), (vec![0, 1], 0));
}

#[tokio::test(start_paused = true)]
async fn the_token_alone_keeps_an_old_holder_out() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let first = world.light("x", 0).await;
    let (feed, asleep, wake) = sleeper(&world, first);
    let (late, sleeping) = with_feed(&world, "a", &watcher, feed);
    let driver = async {
        world.light("x", 1).await;
        world.light("y", 2).await;
        asleep.notified().await;
        // The cursor does not move: nothing else tells the holder that its turn is over.
        seize(&world, TTL).await;
        wake.notify_one();
        world.clock.sleep(TTL - Duration::from_secs(1)).await;
        assert_eq!(counts(&world).await, [0]);
        world.clock.sleep(Duration::from_secs(2)).await;
        assert_eq!(counts(&world).await, [0, 1, 2], "afterwards it goes on");
    };
    runs(&world, 2 * TTL, async {
        tokio::join!(sleeping, driver);
    })
    .await;
    assert_eq!((late.failures(), late.attempts()), (0, 0));
    assert_eq!(
        watcher.runs.load(Ordering::Relaxed),
        1 + 2 + 2,
        "what is another's turn is not tried one by one"
    );
}

#[tokio::test(start_paused = true)]
async fn idleness_ends_the_lease_and_going_on_costs_no_commit_of_its_own() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    world.light("x", 0).await;
    let (_, runner) = replica(&world, "a", &watcher);
    let driver = async {
        world.clock.sleep(Duration::from_secs(60)).await;
        let held = lease::find(&world.consumer, LEASE).await.unwrap().unwrap();
        assert!(held.is_free(), "nobody extends what is not used");
        let before = world.consumer.stats().commits;
        world.light("x", 1).await;
        world.clock.sleep(Duration::from_millis(1)).await;
        assert_eq!(world.consumer.stats().commits - before, 1);
        let again = lease::find(&world.consumer, LEASE).await.unwrap().unwrap();
        assert_eq!(again.token, held.token);
        assert_eq!(again.wait(), TTL - Duration::from_millis(1), "it is extended again");
    };
    runs(&world, Duration::from_secs(90), async {
        tokio::join!(runner, driver);
    })
    .await;
    assert_eq!(counts(&world).await, [0, 1]);
}

/// Commits in which `events` are handled by a replica that takes over `after` the other was last heard of.
async fn commits_after_takeover(events: i64, after: Duration) -> u64 {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let (_, waiting) = replica(&world, "b", &watcher);
    let mut waiting = pin!(waiting);
    runs(&world, Duration::from_secs(1), waiting.as_mut()).await;
    world.light("x", 0).await;
    let (_, dying) = replica(&world, "a", &watcher);
    runs(&world, Duration::from_secs(1), dying).await;
    world.clock.sleep(after).await;
    for count in 1..=events {
        world.light("x", count).await;
    }
    let before = world.consumer.stats().commits;
    runs(&world, 2 * TTL, waiting).await;
    assert_eq!(counts(&world).await, (0..=events).collect::<Vec<_>>());
    world.consumer.stats().commits - before
}

#[tokio::test(start_paused = true)]
async fn what_the_other_may_have_died_of_is_handled_one_by_one() {
    // Taking the turn, and for each event its attempt and its effect.
    assert_eq!(commits_after_takeover(4, Duration::from_secs(1)).await, 1 + 2 * 4);
    // Announced when its turn was over: it was not the other's.
    assert_eq!(commits_after_takeover(4, 2 * TTL).await, 1 + 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_by_an_hour_does_no_harm() {
    let folder = Folder::new();
    let base = world().await;
    let open = |skew: i64| {
        let clock = base.clock.with_skew(skew);
        let location = Location::File(folder.file("consumer.db"));
        let entropy = base.entropy.fork("file");
        let execution = Execution::Inline;
        let db = Db::open(Options { location, execution, readers: 1, clock: clock.clone(), entropy });
        World { producer: base.producer.clone(), consumer: db.unwrap(), clock, entropy: base.entropy.clone() }
    };
    let watcher = Arc::new(Watcher::default());
    let (ahead, behind) = (open(3_600_000_000), open(-3_600_000_000));
    let sets = [lease::MIGRATIONS, tradewind_events::MIGRATIONS, SEEN];
    ahead.consumer.migrate(&sets, MigrateMode::Auto).await.unwrap();
    base.light("x", 0).await;
    let (_, dying) = replica(&ahead, "ahead", &watcher);
    runs(&base, Duration::from_secs(1), dying).await;
    base.light("x", 1).await;
    let (_, slow) = replica(&behind, "behind", &watcher);
    let mut slow = pin!(slow);
    runs(&base, TTL / 2, slow.as_mut()).await;
    assert_eq!(counts(&ahead).await, [0]);
    runs(&base, TTL, slow.as_mut()).await;
    assert_eq!(counts(&ahead).await, [0, 1], "it waited for ten seconds, not for two hours");
    let token = async || lease::find(&ahead.consumer, LEASE).await.unwrap().unwrap().token;
    let before = token().await;
    // By the clock of one that is far ahead the other's turn has ended; by the database's it has not.
    let (_, hasty) = replica(&ahead, "hasty", &watcher);
    let driver = async {
        for count in 2..20 {
            base.light("x", count).await;
            base.clock.sleep(Duration::from_secs(3)).await;
        }
    };
    runs(&base, 9 * TTL, async {
        tokio::join!(slow, hasty, driver);
    })
    .await;
    assert_eq!(counts(&ahead).await, (0..20).collect::<Vec<_>>());
    assert_eq!(token().await, before, "nobody took a turn from who had it");
}

/// A feed whose reader may be the chosen one.
struct Chosen {
    feed: LogFeed,
    is_chosen: bool,
}

impl Feed for Chosen {
    fn read(&mut self, position: i64, limit: u16) -> Read<'_> {
        self.feed.read(position, limit)
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.feed.wait()
    }

    fn is_chosen(&self) -> bool {
        self.is_chosen
    }

    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>> {
        self.feed.head()
    }

    fn horizon(&mut self) -> Pin<Box<dyn Future<Output = Result<Horizon, FeedError>> + Send + '_>> {
        self.feed.horizon()
    }

    fn report<'a>(
        &'a mut self,
        context: &'a Context,
        subscriber: &'a str,
        position: i64,
    ) -> Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send + 'a>> {
        self.feed.report(context, subscriber, position)
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_chosen_takes_the_turn_from_a_replica_at_once_and_from_nobody_else() {
    let world = world().await;
    let watcher = Arc::new(Watcher::default());
    let chosen = |holder, is_chosen| {
        let feed = Chosen { feed: world.feed(), is_chosen };
        with_feed(&world, holder, &watcher, Box::new(feed))
    };
    let ((one, first), (two, second)) = (chosen("watchers/a", false), chosen("watchers/b", true));
    let (mut first, mut second) = (first, second);
    world.light("x", 0).await;
    // From then on it gets nothing any more, and has the turn for ten seconds.
    runs(&world, Duration::from_secs(1), first.as_mut()).await;
    let driver = async {
        for count in 1..5 {
            let last = world.light("x", count).await;
            world.clock.timeout(Duration::from_millis(100), two.reached(last)).await.unwrap();
        }
        let token = seize(&world, Duration::from_secs(3)).await;
        world.light("x", 5).await;
        world.clock.sleep(Duration::from_secs(2)).await;
        assert_eq!(counts(&world).await, [0, 1, 2, 3, 4], "token {token} is a backup's");
        world.clock.sleep(Duration::from_secs(2)).await;
    };
    runs(&world, Duration::from_secs(5), async {
        tokio::join!(second.as_mut(), driver);
    })
    .await;
    assert_eq!(counts(&world).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!((one.handled(), two.handled()), (1, 5));
    assert_eq!(watcher.runs.load(Ordering::Relaxed), 7, "one in vain, when the backup had the turn");
}
