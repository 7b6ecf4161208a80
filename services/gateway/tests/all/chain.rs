//! Gateways in a row, before a leaf that fails.

use std::net::SocketAddr;
use std::time::Instant;

use tradewind_testkit::Request;

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, refused, route};

const REQUESTS: usize = 600;

/// Tries of a backend in ten seconds that its budget allows however few requests there are.
const FLOOR: usize = 100;

/// A gateway that tries as often again as it may, whatever goes wrong.
async fn eager(before: SocketAddr) -> Gateway {
    let policy = "---\napiVersion: policy.tradewind.dev/v1\nkind: RoutePolicy\nmetadata: {name: shop}\nspec:\n  \
        targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop}]\n  retry: {attempts: 5, codes: \
        [502, 503, 504]}\n";
    let documents = [&route("shop", "/"), policy].concat();
    Gateway::with_route(&documents, &[before], &["--threads", "1"]).await
}

#[tokio::test]
async fn a_leaf_that_fails_sees_a_fifth_more_calls_at_most() {
    let unavailable = "HTTP/1.1 503 Later\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    for (does, status) in [(Does::Says(unavailable), 503), (Does::ClosesAfterRequest, 502)] {
        let leaf = Backend::start("leaf", does).await;
        let last = eager(leaf.address).await;
        let middle = eager(last.address).await;
        let first = eager(middle.address).await;
        let began = Instant::now();
        for number in 0..REQUESTS {
            let request = match number % 3 {
                0 => Request::new("GET", "/"),
                1 => Request::new("PUT", "/").body("two hats"),
                _ => Request::new("POST", "/").header("Idempotency-Key", "7").body("two hats"),
            };
            let answer = request.send(first.address).await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("tradewind-retried"), None, "clients outside are not told");
        }
        let calls = leaf.received().len();
        assert!(calls > REQUESTS, "it is tried again: {calls}");
        // Where a machine needs more than ten seconds for the requests, there is the floor for each further ten.
        let more = FLOOR * (began.elapsed().as_secs() as usize / 10);
        assert!(calls <= REQUESTS * 12 / 10 + more, "{calls} calls for {REQUESTS} requests");
    }
}

#[tokio::test]
async fn a_hop_hears_that_another_has_decided() {
    let leaf = Backend::start("leaf", Does::ClosesAfterRequest).await;
    let last = eager(leaf.address).await;
    let asked = Request::new("GET", "/").header("Tradewind-Retries", "1").send(last.address).await;
    refused(&asked, 502, "bad-gateway");
    assert_eq!(asked.header("tradewind-retried"), Some("1"));
    let calls = leaf.received().len();
    assert!(calls > 1);
    // What a backend has decided about itself is not tried again.
    let decided =
        "HTTP/1.1 503 Later\r\nTradewind-Retried: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    leaf.now(Does::Says(decided));
    assert_eq!(last.get("/").await.status, 503);
    assert_eq!(leaf.received().len(), calls + 1);
}

#[tokio::test]
async fn a_refusal_for_lack_of_room_may_be_tried_elsewhere_once() {
    let (full, free) =
        (Backend::start("full", Does::Holds).await, Backend::start("free", Does::Answers).await);
    let limit = "---\napiVersion: policy.tradewind.dev/v1\nkind: BackendPolicy\nmetadata: {name: shop}\nspec:\n  \
        targetRefs: [{group: '', kind: Service, name: shop}]\n  adaptiveConcurrency: {minLimit: 1, maxLimit: 1, \
        reserveForCriticalPercent: 0}\n";
    let documents = [&route("shop", "/"), limit].concat();
    let busy = Gateway::with_route(&documents, &[full.address], &["--threads", "1"]).await;
    let address = busy.address;
    let waiting = tokio::spawn(async move { Request::new("GET", "/").attempt(address).await });
    tradewind_testkit::until("it is full", async || (full.received().len() == 1).then_some(())).await;
    let idle = Gateway::before(&[free.address], &["--threads", "1"]).await;
    let first = Gateway::before(&[busy.address, idle.address], &["--threads", "1"]).await;
    for _ in 0..10 {
        let answer = first.get("/").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "free"));
    }
    waiting.abort();
}
