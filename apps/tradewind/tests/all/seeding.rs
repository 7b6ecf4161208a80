//! Filling a shop.

use serde_json::Value;

use crate::support::{Place, Up};

async fn products(up: &Up) -> Vec<Value> {
    let page = up.get("/api/catalogue/v1/products").await.json();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn seed_fills_a_running_shop_as_often_as_it_is_called() {
    let place = Place::new();
    let up = place.up(&["--no-seed"]).await;
    assert_eq!(products(&up).await.len(), 0);
    assert_eq!(up.get("/api/customers/v1/me").await.status, 404);
    for _ in 0..2 {
        let ended = place.run(&["seed", "--data", "data"]).await;
        assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
        assert!(ended.output.contains("The shop holds its goods."), "{}", ended.output);
        assert_eq!(products(&up).await.len(), 5);
        let stock = up.get("/api/stock/v1/stocks/3").await.json();
        assert_eq!(stock["amountAvailable"], 999);
        assert_eq!(up.get("/api/customers/v1/me").await.json()["available"]["amount"], "15.00");
    }
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn seed_without_a_fleet_says_what_to_do() {
    let place = Place::new();
    let ended = place.run(&["seed", "--data", "data"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.errors.contains("Is a fleet running on this folder? Name it with --data."), "{ended:?}");
    assert!(!place.data().exists());
}

#[tokio::test]
async fn seed_after_the_fleet_has_ended_says_what_to_do() {
    for signal in ["TERM", "KILL"] {
        let place = Place::new();
        let up = place.up(&["--no-seed"]).await;
        up.process.signal(signal).await;
        up.process.ended().await;
        let ended = place.run(&["seed", "--data", "data"]).await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.errors.contains("Is a fleet running on this folder?"), "{signal}: {ended:?}");
    }
}

#[tokio::test]
async fn a_shop_that_was_left_empty_stays_empty() {
    let place = Place::new();
    assert_eq!(place.up(&["--no-seed"]).await.stop().await.code, Some(0));
    let up = place.up(&[]).await;
    assert_eq!(products(&up).await.len(), 0);
    assert_eq!(up.stop().await.code, Some(0));
}
