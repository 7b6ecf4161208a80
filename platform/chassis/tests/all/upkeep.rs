//! What every service removes from its own database, and what it tells of that.

use std::time::Duration;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Host, Running};
use tradewind_db::{DbError, params, sql, work};
use tradewind_events::{Feed, LogFeed, announce};
use tradewind_kernel::{Context, Principal};

use crate::lamps::{LampLit, get, read, run, service, simulated};

const HOUR: Duration = Duration::from_secs(3600);

/// More than one portion of either.
const MANY: i64 = 4_500;

sql! {
    ANSWER = "insert into idempotency (scope, key, fingerprint, status, headers, body, recorded_at)
        values ('test', $1, $2, 200, '[]', '', $3)";
    LEFT = "select (select count(*) from event_log), (select count(*) from idempotency)";
}

/// A service that keeps events for as long as answers, with many of both, and a subscriber that is away.
async fn filled() -> Running {
    let settings = ["events.retention=48h", "events.forget_subscriber_after=47h"].map(str::to_owned);
    let settings = SettingsSource::new().overrides(&settings).unwrap();
    let running = run(service(), Host { settings, ..simulated() }).await;
    let principal = Principal::Service("test".to_owned());
    let context = Context::begin(principal, running.clock(), running.entropy());
    let fill = work(|tx| {
        Box::pin(async move {
            let now = tx.now();
            for number in 0..MANY {
                announce(tx, &LampLit { name: format!("lamp {number}") }).await?;
                tx.execute(&ANSWER, params![number.to_string(), b"x"[..], now]).await?;
            }
            Ok(())
        })
    });
    let db = running.database("lamps").unwrap();
    let filled: Result<(), DbError> = db.write(&context, fill).await;
    filled.unwrap();
    LogFeed::new("lamps", db.clone()).report(&context, "away", 100).await.unwrap();
    running
}

async fn left(running: &Running) -> (i64, i64) {
    running.database("lamps").unwrap().query(&LEFT, &[]).await.unwrap()[0]
}

/// What `/metrics` says, by the name of each line.
async fn shown(running: &Running, names: &[&str]) -> Vec<String> {
    let (_, _, text) = read(running.book().peer("lamps/internal").send(get("/metrics")).await.unwrap()).await;
    let line =
        |name: &&str| text.lines().find(|line| line.starts_with(*name)).unwrap_or_else(|| panic!("{name}"));
    names.iter().map(|name| line(name).rsplit(' ').next().unwrap().to_owned()).collect()
}

const METRICS: [&str; 4] = [
    "event_log_pruned_total{",
    "event_log_horizon{",
    "event_subscriber_lag{service=\"lamps\",subscriber=\"away\"}",
    "event_subscribers_forgotten_total{",
];

#[tokio::test(start_paused = true)]
async fn one_run_removes_all_that_is_past_its_time() {
    let running = filled().await;
    running.clock().sleep(HOUR).await;
    assert_eq!(shown(&running, &METRICS).await, ["0", "0", "4400", "0"]);
    running.clock().sleep(47 * HOUR - Duration::from_secs(1)).await;
    assert_eq!(left(&running).await, (MANY, MANY));
    running.clock().sleep(Duration::from_secs(602)).await;
    assert_eq!(left(&running).await, (0, 0));
    assert_eq!(shown(&running, &METRICS).await, ["4500", "4500", "0", "1"]);
    running.shutdown().await;
}
