//! Checks of such backends.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tradewind_data_plane::{BackendProtocol, BackendTls, Check, CheckSettings, Checks, ClusterSettings};
use tradewind_edge::health::Health;

use super::backend::backend;
use super::others::certified;
use super::soon;

fn check(endpoint: SocketAddr, path: &str, tls: Option<BackendTls>) -> Check {
    let cluster = ClusterSettings { protocol: BackendProtocol::Http2, tls, ..ClusterSettings::default() };
    let settings = CheckSettings {
        path: path.to_owned(),
        interval: Duration::from_millis(50),
        timeout: Duration::from_millis(500),
        healthy: 1,
        unhealthy: 3,
        statuses: vec![200],
    };
    Check { name: path.into(), endpoints: vec![endpoint], cluster, settings }
}

/// What is found of one endpoint, once anything is.
async fn found(checks: &Checks, name: &str) -> Health {
    soon(async {
        loop {
            let found: BTreeMap<_, _> = checks.verdicts().of(name);
            match found.values().next() {
                Some(health) if *health != Health::Unknown => return *health,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    })
    .await
}

#[tokio::test]
async fn http2_is_checked_in_clear_and_over_tls() {
    let (acceptor, tls) = certified();
    let (clear, secured) = (backend(None).await, backend(Some(acceptor(b"h2"))).await);
    let mut checks = Checks::new(1);
    let wanted = vec![
        check(clear.address, "/unary", None),
        check(clear.address, "/refuse", None),
        check(secured.address, "/unary?tls", Some(tls)),
        check(secured.address, "/unary?clear", None),
    ];
    let version = checks.verdicts().version();
    checks.set(wanted).unwrap();
    for (name, health) in [
        ("/unary", Health::Healthy),
        ("/refuse", Health::Unhealthy),
        ("/unary?tls", Health::Healthy),
        ("/unary?clear", Health::Unhealthy),
    ] {
        assert_eq!(found(&checks, name).await, health, "{name}");
    }
    assert_ne!(checks.verdicts().version(), version);
    // Once nobody wants them they end, and so they do with their owner.
    checks.set(Vec::new()).unwrap();
    soon(async {
        while !checks.verdicts().of("/unary").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    drop(checks);
    let before = clear.state.requests.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(clear.state.requests.load(Ordering::SeqCst), before);
}
