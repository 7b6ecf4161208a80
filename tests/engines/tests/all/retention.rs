//! A log that is pruned stays as large as what is kept, however long events come.

use std::time::Duration;

use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, Tx, Work, params, sql};
use tradewind_events::{MIGRATIONS, Prune, announce};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Postgres;

use crate::db::support::{context, place};
use crate::log::Ticked;

/// Events are kept for an hour; time passes in steps of ten minutes, six hours of it.
const KEPT: Duration = Duration::from_secs(3_600);
const STEP: Duration = Duration::from_secs(600);
const STEPS: u32 = 36;

/// Events in each step.
const EVENTS: u32 = 400;

sql! {
    SIZE = {
        postgres: "select pg_total_relation_size('event_log'), count(*) from event_log where position > $1",
        sqlite: "select 0, count(*) from event_log where position > $1",
    };
}

struct Ticks {
    step: u32,
}

impl Work for Ticks {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        for event in 0..EVENTS {
            announce(tx, &Ticked { clock: format!("clock-{}-{event}", self.step) }).await?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pruned_log_is_bounded_in_rows_and_bytes() {
    let server = Postgres::shared().await;
    let (place, _) = place(server, "retention").await;
    let mut sizes = Vec::new();
    for step in 0..STEPS {
        // Hours pass from one handle to the next: transactions take their time from its clock.
        let ahead = i64::try_from((STEP * step).as_micros()).unwrap();
        let db = Db::open(Options {
            location: Location::Postgres(place.clone()),
            execution: Execution::Threaded,
            readers: 1,
            clock: Clock::system().with_skew(ahead),
            entropy: Entropy::system(),
        })
        .unwrap();
        if step == 0 {
            db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
        }
        db.write(&context(), Ticks { step }).await.unwrap();
        let prune = Prune { keep: KEPT, forget_after: KEPT };
        while db.write(&context(), prune).await.unwrap().is_full {}
        // What the server does by itself once a minute passes between two steps.
        server.psql(place.database_name(), "vacuum event_log").await;
        sizes.push(db.query::<(i64, i64)>(&SIZE, params![0_i64]).await.unwrap()[0]);
        db.close().await;
    }
    let most_rows = sizes.iter().map(|(_, rows)| *rows).max().unwrap();
    let (after_two_hours, at_the_end) = (sizes[11].0, sizes.last().unwrap().0);
    println!("event_log_rows_most {most_rows} of {} written", EVENTS * STEPS);
    println!("event_log_bytes_after_2_h {after_two_hours}, after 6 h {at_the_end}");
    // An hour of steps, the step at its edge, and the one that was just written.
    assert!(most_rows <= i64::from(EVENTS) * 8, "{sizes:?}");
    assert!(at_the_end <= after_two_hours + after_two_hours / 4, "{sizes:?}");
}
