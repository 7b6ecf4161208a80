//! How much there may be towards a backend, over all its instances and all threads.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tradewind_testkit::{Answer, Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, refused, route};

/// A gateway of three threads with these bounds; its log is `requests.log`.
async fn gateway(bounds: &str, backends: &[&Backend]) -> Gateway {
    patient(bounds, "10s", backends).await
}

/// The same; a connection is waited for as long as this.
async fn patient(bounds: &str, connect: &str, backends: &[&Backend]) -> Gateway {
    let policy = format!(
        "{}---\napiVersion: policy.tradewind.dev/v1\nkind: BackendPolicy\nmetadata: {{name: shop}}\nspec:\n  \
         targetRefs: [{{group: '', kind: Service, name: shop}}]\n  circuitBreaker: {{{bounds}}}\n  \
         timeouts: {{connect: {connect}, idle: 1h}}\n",
        route("shop", "/")
    );
    let addresses: Vec<_> = backends.iter().map(|backend| backend.address).collect();
    Gateway::with_route(&policy, &addresses, &["--threads", "3", "--access-log", "requests.log"]).await
}

/// Sends a request whose answer is waited for elsewhere.
fn begin(gateway: &Gateway) -> JoinHandle<Answer> {
    let address = gateway.address;
    tokio::spawn(async move { Request::new("GET", "/").send(address).await })
}

fn received(backends: &[&Backend]) -> usize {
    backends.iter().map(|backend| backend.received().len()).sum()
}

/// A value of the metrics.
async fn metric(gateway: &Gateway, name: &str, labels: &str) -> u64 {
    let metrics = gateway.ask("/metrics").await.text();
    let start = format!("{name}{{backend=\"default/shop:80\"{labels}}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap()
}

async fn is_logged(gateway: &Gateway, refusal: &str) {
    let path = gateway.routes().parent().unwrap().join("requests.log");
    let expected = format!("\"refusal\":\"{refusal}\"");
    until("the refusal is in the log", async || {
        std::fs::read_to_string(&path).is_ok_and(|log| log.contains(&expected)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn so_many_requests_are_under_way_over_all_instances_and_threads() {
    let permits = Arc::new(Semaphore::new(0));
    let (one, other) = (
        Backend::start("one", Does::Waits(permits.clone())).await,
        Backend::start("other", Does::Waits(permits.clone())).await,
    );
    let backends = [&one, &other];
    let gateway = gateway("maxParallelRequests: 3", &backends).await;
    let held: Vec<_> = (0..3).map(|_| begin(&gateway)).collect();
    until("three are under way", async || (received(&backends) == 3).then_some(())).await;
    for _ in 0..12 {
        let answer = gateway.get("/").await;
        refused(&answer, 503, "unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(received(&backends), 3);
    assert_eq!(metric(&gateway, "gateway_broken_total", ",bound=\"requests\"").await, 12);
    is_logged(&gateway, "too-many-under-way").await;
    permits.add_permits(3);
    for answer in held {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    permits.add_permits(100);
    until("there is room again", async || (gateway.get("/").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn threads_hand_the_only_connection_round() {
    let (one, other) =
        (Backend::start("one", Does::Answers).await, Backend::start("other", Does::Answers).await);
    let gateway = gateway("maxConnections: 1", &[&one, &other]).await;
    // Each client may be another thread's.
    for _ in 0..12 {
        assert_eq!(gateway.get("/").await.status, 200);
        assert_eq!(metric(&gateway, "gateway_backend_connections", "").await, 1);
    }
    let at_a_time: Vec<_> = (0..30).map(|_| begin(&gateway)).collect();
    for answer in at_a_time {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    assert_eq!(received(&[&one, &other]), 42);
    assert_eq!(metric(&gateway, "gateway_backend_connections", "").await, 1);
}

#[tokio::test]
async fn so_many_wait_for_a_connection_and_no_more() {
    let permits = Arc::new(Semaphore::new(0));
    let shop = Backend::start("shop", Does::Waits(permits.clone())).await;
    let gateway = gateway("maxConnections: 1, maxPendingRequests: 2", &[&shop]).await;
    let mut all = vec![begin(&gateway)];
    until("one is under way", async || (received(&[&shop]) == 1).then_some(())).await;
    all.extend([begin(&gateway), begin(&gateway)]);
    until("two wait", async || (metric(&gateway, "gateway_pending", "").await == 2).then_some(())).await;
    refused(&gateway.get("/").await, 503, "unavailable");
    is_logged(&gateway, "too-many-pending").await;
    assert_eq!(metric(&gateway, "gateway_broken_total", ",bound=\"pending\"").await, 1);
    permits.add_permits(3);
    for answer in all {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    assert_eq!((shop.received().len(), metric(&gateway, "gateway_pending", "").await), (3, 0));
}

#[tokio::test]
async fn nobody_waits_where_nobody_may() {
    let permits = Arc::new(Semaphore::new(0));
    let shop = Backend::start("shop", Does::Waits(permits.clone())).await;
    let gateway = gateway("maxConnections: 1, maxPendingRequests: 0", &[&shop]).await;
    let first = begin(&gateway);
    until("one is under way", async || (received(&[&shop]) == 1).then_some(())).await;
    refused(&gateway.get("/").await, 503, "unavailable");
    permits.add_permits(1);
    assert_eq!(first.await.unwrap().status, 200);
}

#[tokio::test]
async fn nobody_waits_for_a_connection_for_longer_than_for_one_to_open() {
    let permits = Arc::new(Semaphore::new(0));
    let shop = Backend::start("shop", Does::Waits(permits.clone())).await;
    let gateway = patient("maxConnections: 1", "50ms", &[&shop]).await;
    let first = begin(&gateway);
    until("one is under way", async || (received(&[&shop]) == 1).then_some(())).await;
    refused(&gateway.get("/").await, 503, "unavailable");
    is_logged(&gateway, "no-connection-free").await;
    permits.add_permits(100);
    assert_eq!(first.await.unwrap().status, 200);
}
