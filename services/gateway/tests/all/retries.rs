//! Further tries, as a policy of a route asks for them.

use std::time::Duration;

use tradewind_testkit::Request;

use crate::backend::{Backend, Does, nobody};
use crate::gateway::{Gateway, refused, route_of};

const UNWELL: Does = Does::Says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");

/// A gateway before these addresses, with this as `retry` of a policy and as `timeouts` of the rule.
async fn gateway(addresses: &[std::net::SocketAddr], retry: &str, timeouts: &str) -> Gateway {
    let rule = format!("  - timeouts: {{{timeouts}}}\n    backendRefs: [{{name: shop, port: 80}}]\n");
    let policy = format!(
        "---\napiVersion: policy.tradewind.dev/v1\nkind: RoutePolicy\nmetadata: {{name: shop}}\nspec:\n  targetRefs: \
         [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop}}]\n  retry: {{{retry}}}\n"
    );
    let documents = format!("{}{policy}", route_of("shop", &rule));
    Gateway::with_route(&documents, addresses, &["--threads", "1"]).await
}

async fn timed(gateway: &Gateway) -> (u16, Duration) {
    let began = tokio::time::Instant::now();
    let answer = gateway.get("/").await;
    (answer.status, began.elapsed())
}

#[tokio::test]
async fn there_is_a_pause_before_each_further_try() {
    let unwell = Backend::start("shop", UNWELL).await;
    let gateway = gateway(&[unwell.address], "attempts: 3, backoff: 100ms", "request: 20s").await;
    let mut whole = Duration::ZERO;
    for number in 1..=4 {
        let (status, took) = timed(&gateway).await;
        assert_eq!((status, unwell.received().len()), (503, 4 * number));
        whole += took;
    }
    // At random: of at most 0.7 s each, a half on average.
    assert!(whole > Duration::from_millis(300), "{whole:?}");
    assert!(whole < Duration::from_millis(2_800 + 2_000), "{whole:?}");
}

#[tokio::test]
async fn nobody_waits_for_a_try_that_would_come_too_late() {
    let (unwell, dead) = (Backend::start("shop", UNWELL).await, nobody());
    for (address, expected) in [(unwell.address, 503), (dead.address, 502)] {
        let gateway = gateway(&[address], "attempts: 5, backoff: 10s", "request: 400ms").await;
        for _ in 0..5 {
            let (status, took) = timed(&gateway).await;
            // One whose pause happens to be short enough is made, and may end with the time.
            assert!(status == expected || status == 504, "{status}");
            assert!(took < Duration::from_millis(1_000), "{took:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_within_the_pause_is_not_tried_for() {
    let unwell = Backend::start("shop", UNWELL).await;
    let gateway = gateway(&[unwell.address], "attempts: 5, backoff: 2s", "request: 60s").await;
    for _ in 0..6 {
        let leaving = Request::new("GET", "/");
        let _ = tokio::time::timeout(Duration::from_millis(50), leaving.send(gateway.address)).await;
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    // Else each would be sent once more; a few may have had a short pause.
    let tried = unwell.received().len();
    assert!((1..=9).contains(&tried), "{tried}");
}

#[tokio::test]
async fn what_the_policy_does_not_name_is_not_tried_again() {
    let closing = Backend::start("shop", Does::ClosesAfterRequest).await;
    let dead = nobody();
    for (triggers, after_reset, has_again) in [
        ("[ConnectFailure, ResetBeforeAnswer]", 2, true),
        ("[ConnectFailure]", 1, true),
        ("[ResetBeforeAnswer]", 2, false),
    ] {
        let retry = format!("attempts: 1, triggers: {triggers}, backoff: 1ms");
        let before = closing.received().len();
        let alone = gateway(&[closing.address], &retry, "request: 20s").await;
        refused(&alone.get("/").await, 502, "bad-gateway");
        assert_eq!(closing.received().len() - before, after_reset, "{triggers}");
        let good = Backend::start("good", Does::Answers).await;
        let both = gateway(&[dead.address, good.address], &retry, "request: 20s").await;
        let mut failed = 0;
        for _ in 0..20 {
            failed += usize::from(both.get("/").await.status != 200);
        }
        assert_eq!(failed == 0, has_again, "{triggers}: {failed} of 20");
    }
}
