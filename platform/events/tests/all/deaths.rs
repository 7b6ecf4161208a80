//! An event that ends the process which handles it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tradewind_db::{Db, Execution, Location, MigrateMode, Options, lease};
use tradewind_events::{MAX_ATTEMPTS, Progress, head, run};
use tradewind_kernel::{Clock, Entropy};

use crate::moody::{Moody, Trouble, keys, parked, subscription};
use crate::support::{SEEN, World};

const FOLDER: &str = "TRADEWIND_EVENTS_DEATHS_FOLDER";

/// A folder of its own, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("tradewind-events-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

async fn open(folder: &Path) -> World {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let mut dbs = Vec::new();
    for name in ["producer.db", "consumer.db"] {
        let options = Options {
            location: Location::File(folder.join(name)),
            execution: Execution::Threaded,
            readers: 1,
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        let db = Db::open(options).unwrap();
        db.migrate(&[lease::MIGRATIONS, tradewind_events::MIGRATIONS, SEEN], MigrateMode::Auto)
            .await
            .unwrap();
        dbs.push(db);
    }
    let (consumer, producer) = (dbs.pop().unwrap(), dbs.pop().unwrap());
    World { producer, consumer, clock, entropy }
}

/// This test starts itself as a child that handles the events until one of them kills it.
#[tokio::test]
async fn an_event_that_kills_the_process_is_parked_and_the_consumer_recovers() {
    if let Ok(folder) = std::env::var(FOLDER) {
        return live(Path::new(&folder)).await;
    }
    let folder = Folder::new();
    let world = open(&folder.0).await;
    for (lamp, count) in [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 5), ("b", 6)] {
        world.light(lamp, count).await;
    }
    world.producer.close().await;
    world.consumer.close().await;
    let mut deaths = 0;
    while !survives(&folder.0).await {
        deaths += 1;
        assert!(deaths <= 2 * MAX_ATTEMPTS, "it dies again and again");
    }
    // The first life has no reason to doubt; each of the next ones writes its attempt down.
    assert_eq!(deaths, 1 + MAX_ATTEMPTS);
    let world = open(&folder.0).await;
    let seen: Vec<i64> = world.seen().await.into_iter().map(|(_, count)| count).collect();
    assert_eq!(seen, [1, 2, 4, 6]);
    assert_eq!(keys(&world.consumer).await, [("a".to_owned(), MAX_ATTEMPTS), ("a".to_owned(), 0)]);
    let letter = parked(&world.consumer).await.remove(0);
    assert!(letter.last_error.contains("process ended"), "{}", letter.last_error);
}

async fn survives(folder: &Path) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "deaths::an_event_that_kills_the_process_is_parked_and_the_consumer_recovers"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    tokio::task::spawn_blocking(move || child.status().unwrap().success()).await.unwrap()
}

async fn live(folder: &Path) {
    let world = open(folder).await;
    let moody = Moody::with(&[(3, Trouble::Kill)]);
    let progress = Arc::new(Progress::default());
    let target = head(&world.producer).await.unwrap();
    let runner = run(Arc::new(subscription()), moody, Box::new(world.feed()), world.options(&progress));
    let reached = world.clock.timeout(Duration::from_secs(30), progress.reached(target));
    tokio::select! {
        biased;
        outcome = reached => outcome.unwrap(),
        () = runner => {}
    }
    world.producer.close().await;
    world.consumer.close().await;
}
