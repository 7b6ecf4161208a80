//! Data folders and backups of earlier releases, as `fixtures` keeps them: today's program opens each of them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tradewind_fleet::oracles;
use tradewind_journeys::{Fleet, Home, ada, restore};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::{Folder, Request};
use tradewind_verify::{Verdict, judge};

const ORDERS: &str = "/api/orders/v1/orders";

/// The folder of each release.
fn releases() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut releases: Vec<PathBuf> =
        std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    releases.sort();
    assert!(!releases.is_empty());
    releases
}

fn copy_of(data: &Path) -> Folder {
    let folder = Folder::new("upgrade");
    for entry in std::fs::read_dir(data).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

/// Nothing is lost: orders, answers to keys, and what was parked.
async fn knows(fleet: &Fleet, expected: &Value) {
    for placed in expected["placed"].as_array().unwrap() {
        let (token, order) = (placed["token"].as_str().unwrap(), &placed["order"]);
        let path = format!("{ORDERS}/{}", order["id"].as_str().unwrap());
        let read = fleet.send(Request::new("GET", &path).bearer(token)).await;
        let mut read_now = read.json();
        // What releases say since that knew one way to pay only.
        if order.get("payment").is_none() {
            assert_eq!(read_now.as_object_mut().unwrap().remove("payment"), Some("account".into()));
        }
        assert_eq!((read.status, &read_now), (200, order));
        let again = Request::new("POST", ORDERS).bearer(token).json(placed["request"].to_string());
        let again = again.header("Idempotency-Key", placed["key"].as_str().unwrap());
        let again = fleet.send(again).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", again.text());
        let answer = &placed["answer"];
        assert_eq!(
            (u64::from(again.status), again.json()),
            (answer["status"].as_u64().unwrap(), answer["body"].clone())
        );
        assert_eq!(again.header("location"), answer["location"].as_str());
    }
    let letters: Value = fleet.internal("orders").get("/letters").await.unwrap();
    assert_eq!(letters, Value::Array(vec![expected["letter"].clone()]));
}

/// Every promise holds, and there was something to judge each by.
async fn is_clean(fleet: &Fleet) {
    fleet.quiet().await;
    let evidence = fleet.evidence().await;
    for finding in judge(&evidence.scratch, &oracles().unwrap(), evidence.is_quiet) {
        assert_eq!(finding.verdict, Verdict::Clean, "{finding:?}");
    }
}

async fn goes_on(home: Home, expected: &Value) {
    let fleet = Fleet::open(home).await.unwrap_or_else(|error| panic!("{error}"));
    knows(&fleet, expected).await;
    // Earlier releases recorded nothing of who did what.
    fleet.receive("1", 3).await;
    is_clean(&fleet).await;
    assert_eq!(fleet.order(&ada(), &[("1", 1)]).await.state, OrderState::Open);
    let fleet = fleet.restart().await;
    knows(&fleet, expected).await;
    is_clean(&fleet).await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_data_folder_of_every_release_is_opened_and_goes_on() {
    for release in releases() {
        let expected = std::fs::read(release.join("expected.json")).unwrap();
        goes_on(Home::files(copy_of(&release.join("data"))), &serde_json::from_slice(&expected).unwrap())
            .await;
    }
}

#[tokio::test]
async fn a_backup_of_every_release_is_restored_and_goes_on() {
    for release in releases() {
        let expected = std::fs::read(release.join("expected.json")).unwrap();
        let home = Home::new().await;
        let restored = restore(&release.join("backup"), &home).await;
        restored.unwrap_or_else(|error| panic!("{}: {error}", release.display()));
        goes_on(home, &serde_json::from_slice(&expected).unwrap()).await;
    }
}

#[tokio::test]
async fn an_earlier_backup_is_not_restored_over_what_is_there() {
    let release = releases().remove(0);
    let home = Home::files(copy_of(&release.join("data")));
    let error = restore(&release.join("backup"), &home).await.unwrap_err().to_string();
    assert!(error.contains("the database of catalogue is not empty"), "{error}");
    let expected = std::fs::read(release.join("expected.json")).unwrap();
    goes_on(home, &serde_json::from_slice(&expected).unwrap()).await;
}
