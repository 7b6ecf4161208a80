//! The registry as a process of its own.

use std::net::SocketAddr;

use tradewind_testkit::Request;

use crate::support::Place;

const LAMPS: &str =
    r#"{"service":"lamps","replica":"1","release":"1","doors":{"public":"127.0.0.1:1"},"metadata":{}}"#;

#[tokio::test]
async fn a_registry_serves_until_it_is_asked_to_stop() {
    let place = Place::new();
    let arguments = ["registry", "--data", "data", "--listen", "127.0.0.1:0", "--ttl", "60000"];
    let mut process = place.start(&arguments, &[]);
    process.says("Ctrl-C stops").await;
    let output = process.output();
    let address = output.split("discovery.registry=").nth(1).unwrap().split(';').next().unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let secret = std::fs::read_to_string(place.data().join("secrets/internal-door")).unwrap();
    let put = Request::new("PUT", "/instances/a").json(LAMPS);
    drop(put.send(address).await.refusal(401, "unauthenticated"));
    let put = Request::new("PUT", "/instances/a").json(LAMPS).bearer(secret.trim()).send(address).await;
    assert_eq!((put.status, put.json()["ttlMs"].as_u64()), (200, Some(60_000)));
    let listed = Request::new("GET", "/instances").bearer(secret.trim()).send(address).await.json();
    assert_eq!(listed["instances"][0]["instance"]["service"], "lamps");
    let again = place.run(&arguments).await;
    assert_eq!(again.code, Some(1), "{}", again.output);
    assert!(again.errors.contains("in use by"), "{}", again.errors);
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code, Some(0));
}
