//! Backends that are dead, slow, flapping, half-open or wrong, alone and among good ones.

use std::net::SocketAddr;
use std::time::Duration;

use tradewind_testkit::{Answer, Request, until};

use crate::backend::{Backend, Does, nobody};
use crate::gateway::{Gateway, refused, route_of};

/// Among how many endpoints one is bad.
const COUNTS: [usize; 3] = [1, 2, 10];
/// How many requests each gets.
const REQUESTS: usize = 200;
/// Failures in a row after which an endpoint is left alone, on each of two threads; and as many again, should this take
/// so long that it is tried again.
const MOST_FAILURES: usize = 20;

/// A bad endpoint among good ones, behind a gateway.
struct Cluster {
    gateway: Gateway,
    good: Vec<Backend>,
}

impl Cluster {
    async fn start(bad: SocketAddr, count: usize) -> Self {
        let mut good = Vec::new();
        for _ in 1..count {
            good.push(Backend::start("good", Does::Answers).await);
        }
        let rule = "  - timeouts: {request: 20s, backendRequest: 100ms}\n    backendRefs: [{name: shop, port: 80}]\n";
        let addresses: Vec<SocketAddr> = good.iter().map(|backend| backend.address).chain([bad]).collect();
        let gateway = Gateway::with_route(&route_of("shop", rule), &addresses, &["--threads", "2"]).await;
        Self { gateway, good }
    }

    async fn ask(&self, method: &str) -> Answer {
        let request = Request::new(method, "/");
        let request = if method == "POST" { request.body("two hats") } else { request };
        request.send(self.gateway.address).await
    }

    /// How many of many requests were not answered by a good endpoint; each of these must be refused like this.
    async fn failures(&self, method: &str, status: u16, code: &str) -> usize {
        let mut failures = 0;
        for _ in 0..REQUESTS {
            let answer = self.ask(method).await;
            if answer.status == 200 {
                assert_eq!(answer.text(), "good");
            } else {
                refused(&answer, status, code);
                failures += 1;
            }
        }
        failures
    }

    /// The same of both methods. Alone, everything fails.
    async fn check(&self, status: u16, code: &str, most: Most) {
        for (method, most) in [("GET", most.get), ("POST", most.post)] {
            let failures = self.failures(method, status, code).await;
            if self.good.is_empty() {
                assert_eq!(failures, REQUESTS, "{method} alone");
            } else {
                assert!(failures <= most, "{failures} of {method} with {} good ones", self.good.len());
            }
        }
    }
}

/// How many requests may fail where there are good endpoints.
struct Most {
    get: usize,
    post: usize,
}

#[tokio::test]
async fn a_dead_endpoint_costs_nothing_where_there_is_another() {
    for count in COUNTS {
        let dead = nobody();
        let cluster = Cluster::start(dead.address, count).await;
        // Nothing was sent, so anything may be sent elsewhere.
        cluster.check(502, "bad-gateway", Most { get: 0, post: 0 }).await;
    }
}

#[tokio::test]
async fn a_flapping_endpoint_costs_no_request_that_may_be_repeated() {
    for count in COUNTS {
        let flapping = Backend::start("bad", Does::Closes).await;
        let cluster = Cluster::start(flapping.address, count).await;
        cluster.check(502, "bad-gateway", Most { get: 0, post: MOST_FAILURES }).await;
        let connections = flapping.connections();
        assert!(connections > 0, "it was asked");
        assert!(count == 1 || connections <= 2 * MOST_FAILURES, "it is left alone: {connections}");
    }
}

#[tokio::test]
async fn an_endpoint_that_comes_back_is_asked_again() {
    let flapping = Backend::start("good", Does::Closes).await;
    let cluster = Cluster::start(flapping.address, 2).await;
    cluster.failures("GET", 502, "bad-gateway").await;
    assert!(flapping.received().is_empty());
    flapping.now(Does::Answers);
    until("it is asked again", async || {
        assert_eq!(cluster.ask("GET").await.status, 200);
        (!flapping.received().is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_half_open_endpoint_is_waited_for_as_long_as_the_route_says() {
    for count in COUNTS {
        let half_open = Backend::start("bad", Does::Holds).await;
        let cluster = Cluster::start(half_open.address, count).await;
        if count == 1 {
            refused(&cluster.ask("GET").await, 504, "deadline-exceeded");
            refused(&cluster.ask("POST").await, 504, "deadline-exceeded");
        } else {
            let most = Most { get: MOST_FAILURES, post: MOST_FAILURES };
            cluster.check(504, "deadline-exceeded", most).await;
        }
        let asked = half_open.received().len();
        assert!(asked <= 2 * MOST_FAILURES, "it is left alone: {asked}");
    }
}

#[tokio::test]
async fn a_slow_endpoint_is_asked_less() {
    for count in COUNTS {
        let slow = Backend::start("good", Does::AnswersAfter(Duration::from_millis(60))).await;
        let cluster = Cluster::start(slow.address, count).await;
        // A busy machine makes a slow endpoint too slow for the route now and then; that is no other fault.
        let requests = if count == 1 { 10 } else { REQUESTS };
        for _ in 0..requests {
            let answer = cluster.ask("GET").await;
            assert!(matches!(answer.status, 200 | 504), "{}", answer.text());
        }
        let asked = slow.received().len();
        assert!(asked >= 1 || count == 10, "it is asked");
        let share = requests / count;
        assert!(count == 1 || asked <= share / 2, "{asked} of {requests} with {count}");
    }
}

/// Answers that are none, or more than one.
const WRONG: [&str; 5] = [
    "SSH-2.0-OpenSSH_9.2p1\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-A\r\n: b\r\nContent-Length: 0\r\n\r\n",
];

#[tokio::test]
async fn an_answer_that_is_none_goes_to_nobody() {
    for wrong in WRONG {
        let bad = Backend::start("bad", Does::Says(wrong)).await;
        let cluster = Cluster::start(bad.address, 1).await;
        for method in ["GET", "POST"] {
            let answer = cluster.ask(method).await;
            refused(&answer, 502, "bad-gateway");
        }
        assert_eq!(bad.received().len(), 2, "it had the request, so it is sent once: {wrong:?}");
    }
}

#[tokio::test]
async fn an_endpoint_with_wrong_answers_is_left_alone() {
    for count in COUNTS {
        let bad = Backend::start("bad", Does::Says(WRONG[1])).await;
        let cluster = Cluster::start(bad.address, count).await;
        let most = Most { get: MOST_FAILURES, post: MOST_FAILURES };
        cluster.check(502, "bad-gateway", most).await;
        assert!(count == 1 || bad.received().len() <= 2 * MOST_FAILURES);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_asked_for_again() {
    let bad = Backend::start("bad", Does::Says("HTTP/1.1 200 OK\r\nContent-Le")).await;
    let cluster = Cluster::start(bad.address, 1).await;
    refused(&cluster.ask("GET").await, 502, "bad-gateway");
    assert_eq!(bad.received().len(), 1);
    // Where the answer has begun there is no other one to give: the client sees that it is not whole.
    bad.now(Does::Says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    assert!(Request::new("GET", "/").attempt(cluster.gateway.address).await.is_none());
}

#[tokio::test]
async fn what_may_have_been_done_is_sent_again_only_where_that_is_safe() {
    let bad = [
        Backend::start("a", Does::ClosesAfterRequest).await,
        Backend::start("b", Does::ClosesAfterRequest).await,
    ];
    let addresses = bad.each_ref().map(|backend| backend.address);
    let gateway = Gateway::before(&addresses, &["--threads", "1"]).await;
    let mut before = 0;
    for (request, times) in [
        (Request::new("GET", "/"), 2),
        (Request::new("PUT", "/").body("two hats"), 2),
        (Request::new("DELETE", "/"), 2),
        (Request::new("POST", "/").body("two hats"), 1),
        (Request::new("POST", "/"), 1),
        (Request::new("PATCH", "/").body("two hats"), 1),
        (Request::new("POST", "/").header("Idempotency-Key", "7").body("two hats"), 2),
        // What is not kept cannot be sent again.
        (Request::new("PUT", "/").body(vec![b'a'; 100_000]), 1),
    ] {
        refused(&request.send(gateway.address).await, 502, "bad-gateway");
        let received = bad.iter().map(|backend| backend.received().len()).sum::<usize>();
        assert_eq!(received - before, times, "{request:?}");
        before = received;
    }
}
