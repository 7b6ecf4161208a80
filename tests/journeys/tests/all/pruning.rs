//! A shop that goes on for hours: its logs stay small, and what is gone from them is known to all who ask.

use std::time::Duration;

use tradewind_events::{Horizon, Recorded};
use tradewind_fleet::{WatchError, oracles, services};
use tradewind_journeys::{Fleet, ada};
use tradewind_orders_contract::OrderId;
use tradewind_problem::{EVENTS_PRUNED, Problem};
use tradewind_verify::{Verdict, judge};

const MINUTE: Duration = Duration::from_secs(60);

/// Events are kept for ten minutes.
async fn forgetful() -> Fleet {
    Fleet::simulated(1, &["events.retention=10m"]).await
}

/// An order that is called off, a minute after it was placed.
async fn passing_order(fleet: &Fleet) -> OrderId {
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    fleet.pass(MINUTE).await;
    fleet.cancel(&ada(), order.id).await;
    order.id
}

/// Hours after which the first orders are gone from the logs and the last is not.
async fn after_hours(hours: u32) -> (Fleet, OrderId, OrderId) {
    let fleet = forgetful().await;
    let first = passing_order(&fleet).await;
    let mut last = first;
    for _ in 0..hours * 10 {
        fleet.pass(5 * MINUTE).await;
        last = passing_order(&fleet).await;
    }
    (fleet, first, last)
}

async fn horizon(fleet: &Fleet, service: &str) -> Horizon {
    fleet.internal(service).get("/events/horizon").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_logs_of_a_shop_that_goes_on_for_hours_stay_small() {
    let (fleet, ..) = after_hours(2).await;
    let (after_two, horizon_then) = (fleet.rows().await, horizon(&fleet, "orders").await);
    for _ in 0..40 {
        fleet.pass(5 * MINUTE).await;
        passing_order(&fleet).await;
    }
    let after_six = fleet.rows().await;
    for service in ["orders", "stock", "customers"] {
        let (then, now) = (after_two.of(service, "event_log"), after_six.of(service, "event_log"));
        assert!(now <= then + 3 && now > 0, "{service}: {then} became {now}");
        assert_eq!(after_six.of(service, "event_subscriber"), after_two.of(service, "event_subscriber"));
    }
    assert!(horizon(&fleet, "orders").await.position > horizon_then.position + 100);
    // Two oracles want orders that are open or refused; everything else has something to examine.
    let evidence = fleet.evidence().await;
    assert!(evidence.is_quiet);
    for finding in judge(&evidence.scratch, &oracles().unwrap(), true) {
        assert_eq!(finding.verdict, Verdict::Clean, "{finding:?}");
    }
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_shop_whose_logs_are_empty_by_pruning_verifies_clean() {
    let (fleet, ..) = after_hours(1).await;
    fleet.pass(60 * MINUTE).await;
    let rows = fleet.rows().await;
    for service in services() {
        let name = &service.description().name;
        assert_eq!(rows.of(name, "event_log"), 0, "{name}");
    }
    let evidence = fleet.evidence().await;
    for finding in judge(&evidence.scratch, &oracles().unwrap(), evidence.is_quiet) {
        assert_eq!(finding.verdict, Verdict::Clean, "{finding:?}");
    }
    // It goes on where it was.
    passing_order(&fleet).await;
    assert!(fleet.rows().await.of("orders", "event_log") > 0);
    fleet.shutdown().await;
}

/// Oracles that know of the horizon, and changes that they must notice in spite of it.
const TAMPERED: &[(&str, &str)] = &[
    ("log-without-gaps", "delete from event_log where service = 'orders' and sequence = 1"),
    ("log-without-gaps", "update event_key set pruned = pruned + 1 where sequence > pruned"),
    ("log-counts-its-keys", "delete from event_log where service = 'orders'"),
    ("log-counts-its-keys", "update event_key set pruned = pruned + 1 where pruned = sequence"),
    ("causes-exist", "delete from event_log where service = 'orders'"),
    ("events-handled", "update event_cursor set position = 1 where service = 'stock'"),
    ("events-handled", "delete from event_cursor where service = 'stock'"),
    (
        "letters-counted",
        "insert into dead_letters select service, 'orders', (select max(position) + 1 from event_horizon
        where service = 'orders'), 'x', 'order-1' from event_cursor where service = 'stock'",
    ),
    ("orders-announced", "update event_key set pruned = 0 where service = 'orders' and pruned > 0"),
    ("orders-announced", "delete from event_log where type = 'tradewind.orders.order-cancelled.v1'"),
    ("orders-announced", "delete from stream_event where type = 'placed'"),
    (
        "orders-announced",
        "update event_log set type = 'tradewind.orders.order-rejected.v1'
        where type = 'tradewind.orders.order-cancelled.v1'",
    ),
];

#[tokio::test(start_paused = true)]
async fn pruning_excuses_nothing_else() {
    let (fleet, ..) = after_hours(1).await;
    let oracles = oracles().unwrap();
    let mut unnoticed = Vec::new();
    for (name, change) in TAMPERED {
        let evidence = fleet.evidence().await;
        assert!(evidence.scratch.tamper(change).unwrap() > 0, "{name}: {change} changes nothing");
        let findings = judge(&evidence.scratch, &oracles, evidence.is_quiet);
        let finding = findings.iter().find(|finding| finding.oracle == *name).unwrap();
        if finding.verdict != Verdict::Broken {
            unnoticed.push((name, change));
        }
    }
    assert_eq!(unnoticed, []);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_letter_outlives_its_event() {
    let (fleet, ..) = after_hours(1).await;
    let evidence = fleet.evidence().await;
    for change in [
        "insert into parked_key values ('stock', 'orders', 'order-1', 1)",
        "insert into dead_letters values ('stock', 'orders', 1, 'x', 'order-1')",
    ] {
        evidence.scratch.tamper(change).unwrap();
    }
    let findings = judge(&evidence.scratch, &oracles().unwrap(), true);
    let finding = findings.iter().find(|finding| finding.oracle == "letters-counted").unwrap();
    assert_eq!(finding.verdict, Verdict::Clean, "{finding:?}");
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_before_the_horizon_is_told_and_one_that_only_looks_gets_what_there_is() {
    let (fleet, ..) = after_hours(1).await;
    let begins = horizon(&fleet, "orders").await;
    assert!(begins.position > 0 && begins.time.is_some());
    for after in [0, 1, begins.position - 1] {
        let path = format!("/events?after={after}&waitMs=0");
        let refused: Result<Vec<Recorded>, Problem> = fleet.internal("orders").get(&path).await;
        let refused = refused.unwrap_err();
        assert!(refused.is(&EVENTS_PRUNED), "{refused:?}");
    }
    let after = format!("/events?after={}", begins.position);
    for path in ["/events", "/events?last=1000", &after] {
        let events: Vec<Recorded> = fleet.internal("orders").get(path).await.unwrap();
        assert_eq!(events[0].position, begins.position + 1, "{path}");
    }
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_an_order_hears_what_is_no_longer_known_of_it() {
    let (fleet, first, last) = after_hours(1).await;
    let all = || fleet.watcher().chosen(&[]).unwrap();
    let unknown = fleet.watcher().watch(all(), Some(first.id())).await.unwrap_err();
    assert!(
        matches!(unknown, WatchError::NoOrder { .. }) && unknown.to_string().contains("pruned"),
        "{unknown}"
    );
    let watch = fleet.watcher().watch(all(), Some(last.id())).await.unwrap();
    assert_eq!(watch.pruned().await.unwrap(), [], "all of it is there");
    // Of an order that took a while the beginning goes first.
    let slow = fleet.order(&ada(), &[("1", 1)]).await.id;
    fleet.pass(5 * MINUTE).await;
    fleet.cancel(&ada(), slow).await;
    fleet.pass(7 * MINUTE).await;
    let watch = fleet.watcher().watch(all(), Some(slow.id())).await.unwrap();
    let pruned: Vec<String> = watch.pruned().await.unwrap().into_iter().map(|(service, _)| service).collect();
    assert!(pruned.contains(&"orders".to_owned()), "{pruned:?}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn settings_that_would_lose_events_are_refused() {
    for (setting, why) in [
        ("events.retention=59s", "events.retention: at least 1m"),
        ("events.forget_subscriber_after=9m", "events.forget_subscriber_after: at least 10m"),
        ("events.nope=1", "nope"),
    ] {
        let refused = Fleet::refused_with(setting).await.to_string();
        assert!(refused.contains(why), "{refused}");
    }
}
