//! Letters of the whole fleet: an event that two services cannot understand.

use std::time::Duration;

use serde_json::value::RawValue;
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Host, Network, Running, Storage};
use tradewind_db::{DbError, params, sql, work};
use tradewind_events::{Event, TOPIC};
use tradewind_fleet::{LetterDesk, LetterName, LettersError};
use tradewind_kernel::{Clock, Context, Entropy, Principal, Timestamp, TraceContext};
use tradewind_orders_contract::OrderCancelled;

sql! {
    TELL = "insert into event_log
        (id, type, partition_key, sequence, correlation, causation, traceparent, recorded_at, data)
        values ($1, $2, 'broken', $3, $1, null, $4, 0, '{}')";
}

async fn fleet() -> Running {
    let host = Host {
        clock: Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000)),
        entropy: Entropy::seeded(1),
        settings: SettingsSource::new(),
        storage: Storage::Memory,
        network: Network::None,
    };
    let running = tradewind_fleet::assembly().start(host, &mut |_, _| {}).await.unwrap();
    running.mark_ready();
    running
}

/// Lets the orders tell something that is no event of the type it claims.
async fn tell_nonsense(running: &Running, sequence: i64) {
    let context = Context::begin(Principal::Anonymous, running.clock(), running.entropy());
    let trace = TraceContext::begin(running.entropy()).to_string();
    let tell = work(move |tx| {
        let trace = trace.clone();
        Box::pin(async move {
            let id = tx.id();
            tx.execute(&TELL, params![id, OrderCancelled::TYPE, sequence, trace]).await?;
            tx.signal(TOPIC);
            Ok::<_, DbError>(())
        })
    });
    running.database("orders").unwrap().write(&context, tell).await.unwrap();
}

fn desk(running: &Running) -> LetterDesk {
    let services = tradewind_fleet::services();
    let names = services.iter().map(|service| service.description().name.clone());
    let (clock, entropy) = (running.clock().clone(), running.entropy().fork("letters"));
    LetterDesk::new(names.collect(), running.book().clone(), running.secret().clone(), clock, entropy)
}

#[tokio::test(start_paused = true)]
async fn letters_are_found_mended_replayed_and_dropped_across_the_fleet() {
    let running = fleet().await;
    let desk = desk(&running);
    assert!(desk.list(None).await.unwrap().is_empty());
    for sequence in 1..=2 {
        tell_nonsense(&running, sequence).await;
    }
    running.clock().sleep(Duration::from_secs(60)).await;
    let letters = desk.list(None).await.unwrap();
    let holders: Vec<_> =
        letters.iter().map(|(service, letter)| (service.as_str(), letter.position)).collect();
    let all = ["stock", "customers", "payments", "cart", "notification"];
    let all: Vec<_> = all.into_iter().flat_map(|one| [(one, 1), (one, 2)]).collect();
    assert_eq!(holders, all);
    assert_eq!(desk.list(Some("stock")).await.unwrap().len(), 2);

    let first: LetterName = "orders/1".parse().unwrap();
    let ambiguous = desk.locate(&first, None).await.unwrap_err();
    assert!(ambiguous.to_string().contains("stock, customers, payments, cart, notification"), "{ambiguous}");
    assert_eq!(desk.locate(&first, Some("stock")).await.unwrap(), "stock");
    let none = desk.locate(&"orders/9".parse().unwrap(), None).await.unwrap_err();
    assert!(matches!(none, LettersError::NoLetter(_)), "{none}");
    let unknown = desk.list(Some("socks")).await.unwrap_err();
    assert!(unknown.to_string().contains("known are: catalogue"), "{unknown}");

    let failed = desk.replay("stock", &first).await.unwrap();
    assert_eq!(failed.failed.unwrap().position, 1);
    let order = running.entropy().id(running.clock());
    let data = format!(r#"{{"orderId":"{order}"}}"#);
    let data = RawValue::from_string(data).unwrap();
    desk.edit("stock", &first, &data, "it was empty").await.unwrap();
    let half = desk.replay("stock", &first).await.unwrap();
    assert_eq!((half.replayed, half.failed.unwrap().position), (1, 2));
    let second: LetterName = "orders/2".parse().unwrap();
    desk.discard("stock", &second, false, "it says nothing").await.unwrap();
    assert!(desk.list(Some("stock")).await.unwrap().is_empty());
    let head = desk.discard("customers", &second, true, "it says nothing").await.unwrap();
    assert_eq!(head.position, 1);
    running.shutdown().await;
}

#[test]
fn a_letters_name_is_checked_before_anything_is_sent() {
    for wrong in ["", "orders", "orders/", "/1", "orders/x", "a?b/1", "a/b/1"] {
        assert!(wrong.parse::<LetterName>().is_err(), "{wrong}");
    }
    assert_eq!("orders/17".parse::<LetterName>().unwrap().to_string(), "orders/17");
}
