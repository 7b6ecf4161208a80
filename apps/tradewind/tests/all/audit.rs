//! `tradewind audit`: what staff did is a chain, and whoever changes it is found.

use tradewind_db::{Db, Execution, Location, MigrateMode, Migration, MigrationSet, Options};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Request;

use crate::support::{Place, Up};

const STAFF: &str = "dev-staff-01980000-0000-7000-8000-000000000057";

async fn receive(up: &Up, key: &str) {
    let request = Request::new("POST", "/api/stock/v1/admin/items/4/receipts")
        .bearer(STAFF)
        .header("Idempotency-Key", key)
        .json(r#"{"quantity":3}"#);
    let answer = request.send(up.door("gateway/data-plane")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Does to the chain of stock, while nobody runs, what only the owner of its database can.
async fn tamper(place: &Place, text: &'static str) {
    let file = place.data().join("stock.db");
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let (location, execution) = (Location::File(file), Execution::Threaded);
    let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
    let migrations: &'static [Migration] =
        Box::leak(Box::new([Migration { version: 1, name: "tamper", text }]));
    let component: &'static str = Box::leak(format!("tamper-{}", text.len()).into_boxed_str());
    db.migrate(&[MigrationSet { component, migrations }], MigrateMode::Auto).await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn a_chain_is_listed_kept_and_verified_and_a_change_is_named() {
    let place = Place::new();
    let up = place.up(&[]).await;
    receive(&up, "one").await;
    let listed = place.run(&["audit", "list", "--data", "data", "--action", "stock.goods-received"]).await;
    assert!(listed.output.contains("staff:01980000-0000-7000-8000-000000000057"), "{listed:?}");
    let head = place.run(&["audit", "head", "--data", "data"]).await;
    place.write("heads.ndjson", &head.output);
    receive(&up, "two").await;
    let whole = place.run(&["audit", "verify", "--data", "data", "--against", "heads.ndjson"]).await;
    assert_eq!(whole.code, Some(0), "{whole:?}");
    assert!(whole.output.contains("whole, and goes on from the kept head"), "{whole:?}");
    let exported = place.run(&["audit", "export", "--data", "data", "--service", "stock"]).await;
    let last: serde_json::Value = serde_json::from_str(exported.output.lines().last().unwrap()).unwrap();
    assert_eq!((&last["service"], &last["after"]["quantity"]), (&"stock".into(), &3.into()));
    up.stop().await;

    tamper(
        &place,
        "drop trigger audit_record_unchanged; update audit_record set actor = 'x' where sequence = 2;",
    )
    .await;
    let up = place.up(&[]).await;
    let broken = place.run(&["audit", "verify", "--data", "data", "--service", "stock"]).await;
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.output.contains("BROKEN: record 2 was changed"), "{broken:?}");
    up.stop().await;

    // All of it gone, with the head: only the kept head tells.
    tamper(&place, "drop trigger audit_record_unremoved; drop trigger audit_head_unremoved; delete from audit_record; delete from audit_head;").await;
    let up = place.up(&[]).await;
    let alone = place.run(&["audit", "verify", "--data", "data", "--service", "stock"]).await;
    assert_eq!(alone.code, Some(0), "{alone:?}");
    let against = ["audit", "verify", "--data", "data", "--service", "stock", "--against", "heads.ndjson"];
    let cut = place.run(&against).await;
    assert!(cut.code == Some(1) && cut.output.contains("the chain is cut off"), "{cut:?}");
    up.stop().await;
}
