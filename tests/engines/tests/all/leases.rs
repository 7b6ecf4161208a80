//! Leases on a server: its clock decides, whatever those of the holders show.

use std::time::Duration;

use tradewind_db::lease::{self, Acquired, Held};
use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, work};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Postgres;

use crate::db::support::{context, place};

const TTL: Duration = Duration::from_secs(600);
const HOUR: i64 = 3_600_000_000;

async fn acquire(db: &Db, holder: &'static str) -> Acquired {
    let take = work(move |tx| Box::pin(async move { lease::acquire(tx, "lamp", holder, TTL, None).await }));
    let taken: Result<Acquired, DbError> = db.write(&context(), take).await;
    taken.unwrap()
}

async fn renew(db: &Db, token: i64) {
    let renew = work(move |tx| Box::pin(async move { lease::renew(tx, "lamp", token, TTL).await }));
    let renewed: Result<(), DbError> = db.write(&context(), renew).await;
    renewed.unwrap();
}

/// Somebody has it, and has it for about as long as it was taken for.
fn is_held(held: &Held, holder: &str) -> bool {
    held.holder == holder && !held.is_free() && (TTL / 2..=TTL).contains(&held.wait())
}

#[tokio::test]
async fn holders_whose_clocks_differ_by_hours_take_nothing_from_each_other() {
    let (options, _) = place(Postgres::shared().await, "skew").await;
    let [ahead, right, behind] = [HOUR, 0, -HOUR].map(|skew| {
        let clock = Clock::system().with_skew(skew);
        let location = Location::Postgres(options.clone().connections(2));
        let (execution, entropy) = (Execution::Threaded, Entropy::system());
        Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap()
    });
    right.migrate(&[lease::MIGRATIONS], MigrateMode::Auto).await.unwrap();
    assert_eq!(acquire(&behind, "behind").await, Acquired::Ours { token: 1, lapsed: None });
    for _ in 0..2 {
        for (db, name) in [(&ahead, "ahead"), (&right, "right")] {
            let Acquired::Theirs(held) = acquire(db, name).await else { panic!("taken by {name}") };
            assert!(is_held(&held, "behind"), "{name} saw {held:?}");
            let found = lease::find(db, "lamp").await.unwrap().unwrap();
            assert!(is_held(&found, "behind") && found.is_unchanged_since(&held), "{name} saw {found:?}");
        }
        // What is said again is said by the same clock.
        renew(&behind, 1).await;
    }
}
