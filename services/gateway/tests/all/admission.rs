//! What is refused when a backend has enough to do, and when it has not any more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tradewind_testkit::{Request, until};

use crate::backend::{Backend, Does, nobody};
use crate::gateway::{Gateway, refused, route_of};

/// A route with a rule for each priority.
const PRIORITIES: &str = "\
---
apiVersion: policy.tradewind.dev/v1
kind: RoutePolicy
metadata: {name: checkout}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop, sectionName: checkout}]
  priority: Critical
---
apiVersion: policy.tradewind.dev/v1
kind: RoutePolicy
metadata: {name: ideas}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop, sectionName: ideas}]
  priority: Sheddable
";

fn documents(limit: u32, reserve: u32) -> String {
    let rule = |name: &str, prefix: &str| {
        format!(
            "  - name: {name}\n    matches: [{{path: {{value: {prefix}}}}}]\n    timeouts: {{backendRequest: 300ms}}\n    \
             backendRefs: [{{name: shop, port: 80}}]\n"
        )
    };
    let rules = [rule("checkout", "/checkout"), rule("ideas", "/ideas"), rule("all", "/")].concat();
    let backend = format!(
        "---\napiVersion: policy.tradewind.dev/v1\nkind: BackendPolicy\nmetadata: {{name: shop}}\nspec:\n  targetRefs: \
         [{{group: '', kind: Service, name: shop}}]\n  adaptiveConcurrency: {{minLimit: {limit}, maxLimit: {limit}, \
         reserveForCriticalPercent: {reserve}}}\n"
    );
    [route_of("shop", &rules), PRIORITIES.to_owned(), backend].concat()
}

/// A gateway of one thread, with a limit that does not move.
async fn limited(backends: &[SocketAddr], (limit, reserve): (u32, u32)) -> Gateway {
    let arguments = ["--threads", "1", "--access-log", "requests.log"];
    Gateway::with_route(&documents(limit, reserve), backends, &arguments).await
}

/// Sends a request, and does not wait for its answer.
async fn begin(gateway: &Gateway, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(&Request::new("GET", path).to_bytes()).await.unwrap();
    stream
}

/// Waits until the backend has seen so many requests.
async fn seen(backend: &Backend, count: usize) {
    until("requests are there", async || (backend.received().len() == count).then_some(())).await;
}

#[tokio::test]
async fn beyond_the_limit_the_least_important_are_refused_and_checkout_passes() {
    let permits = Arc::new(Semaphore::new(0));
    let backend = Backend::start("shop", Does::Waits(permits.clone())).await;
    let mut text = documents(5, 40);
    text = text.replace("backendRequest: 300ms", "backendRequest: 30s");
    let gateway =
        Gateway::with_route(&text, &[backend.address], &["--threads", "1", "--access-log", "requests.log"])
            .await;
    let mut waiting = Vec::new();
    for count in 1..=3 {
        waiting.push(begin(&gateway, "/").await);
        seen(&backend, count).await;
    }
    // Three of five may be anybody's, and as many those that nobody waits for.
    for path in ["/ideas", "/"] {
        let began = Instant::now();
        let answer = gateway.get(path).await;
        refused(&answer, 503, "unavailable");
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=4).contains(&wait), "{wait}");
        assert!(began.elapsed() < Duration::from_secs(5), "nobody waits for a permit");
    }
    for count in 4..=6 {
        waiting.push(begin(&gateway, "/checkout").await);
        seen(&backend, count).await;
    }
    refused(&gateway.get("/checkout").await, 503, "unavailable");
    permits.add_permits(6);
    for mut stream in waiting {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
    permits.add_permits(1);
    assert_eq!(gateway.get("/ideas").await.status, 200);
    assert_eq!(backend.received().len(), 7, "what was refused has not come there");
    told(&gateway).await;
}

/// Metrics, the page about backends and the access log say what was refused, and why.
async fn told(gateway: &Gateway) {
    let metrics = gateway.ask("/metrics").await.text();
    for (priority, count) in [("sheddable", 1), ("standard", 1), ("critical", 1)] {
        let line =
            format!("\ngateway_shed_total{{backend=\"default/shop:80\",priority=\"{priority}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    assert!(metrics.contains("\ngateway_concurrency_limit{backend=\"default/shop:80\"} 5\n"), "{metrics}");
    until("nothing is under way", async || {
        let page = gateway.ask("/backends").await.text();
        page.contains("limit 5, 0 under way; refused: 1 sheddable, 1 standard, 1 critical").then_some(())
    })
    .await;
    let path = gateway.routes().with_file_name("requests.log");
    let lines = until("all lines are there", async || {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        (text.lines().count() == 10).then_some(text)
    })
    .await;
    let refusals = lines.lines().filter(|line| line.contains("\"refusal\":\"shed\"")).count();
    assert_eq!(refusals, 3, "{lines}");
}

#[tokio::test]
async fn what_is_refused_need_not_be_sent() {
    let backend = Backend::start("shop", Does::Holds).await;
    let gateway = limited(&[backend.address], (1, 0)).await;
    let _waiting = begin(&gateway, "/").await;
    seen(&backend, 1).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: "), "{answer}");
}

#[tokio::test]
async fn clients_that_send_slowly_take_nobodys_place() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = limited(&[backend.address], (1, 0)).await;
    let mut slow = Vec::new();
    for framing in ["Content-Length: 10", "Content-Length: 100000", "Transfer-Encoding: chunked"] {
        for _ in 0..3 {
            let mut stream = TcpStream::connect(gateway.address).await.unwrap();
            let head = format!("POST / HTTP/1.1\r\nHost: shop\r\n{framing}\r\n\r\n1");
            stream.write_all(head.as_bytes()).await.unwrap();
            slow.push(stream);
        }
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..20 {
        assert_eq!(gateway.get("/").await.status, 200);
    }
}

/// How a request ends, and what its client is to see first; none where it goes away.
const ENDS: [(&str, Does, Option<&str>); 8] = [
    ("an answer", Does::Answers, Some("HTTP/1.1 200")),
    ("no answer", Does::ClosesAfterRequest, Some("HTTP/1.1 502")),
    ("no connection", Does::Closes, Some("HTTP/1.1 502")),
    ("no answer in time", Does::Holds, Some("HTTP/1.1 504")),
    ("what is no answer", Does::Says("SSH-2.0-OpenSSH_9.2p1\r\n"), Some("HTTP/1.1 502")),
    ("half an answer", Does::Says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), Some("HTTP/1.1 200")),
    (
        "an answer that goes on",
        Does::Begins("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"),
        Some("HTTP/1.1 200"),
    ),
    ("a client that has gone", Does::Holds, None),
];

#[tokio::test]
async fn a_place_is_free_again_however_a_request_ends() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = limited(&[backend.address], (1, 0)).await;
    let mut going_on = Vec::new();
    for (name, does, expected) in ENDS {
        // Twice: a place that leaks is missed at once, and one that is given twice too late.
        for _ in 0..2 {
            backend.now(does.clone());
            let before = backend.received().len();
            let mut stream = begin(&gateway, "/").await;
            if let Some(expected) = expected {
                let mut answer = vec![0; expected.len()];
                stream.read_exact(&mut answer).await.unwrap();
                assert_eq!(String::from_utf8_lossy(&answer), expected, "{name}");
                going_on.push(stream);
            } else {
                seen(&backend, before + 1).await;
                drop(stream);
            }
            backend.now(Does::Answers);
            until(name, async || (gateway.get("/").await.status == 200).then_some(())).await;
        }
    }
    holds_one(&gateway, &backend).await;
}

/// Exactly one place is there.
async fn holds_one(gateway: &Gateway, backend: &Backend) {
    backend.now(Does::Holds);
    let before = backend.received().len();
    let _waiting = begin(gateway, "/").await;
    seen(backend, before + 1).await;
    refused(&gateway.get("/").await, 503, "unavailable");
}

#[tokio::test]
async fn a_tunnel_holds_no_place() {
    let switching = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello";
    let backend = Backend::start("shop", Does::Begins(switching)).await;
    let gateway = limited(&[backend.address], (1, 0)).await;
    let mut tunnels = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let asks = b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
        stream.write_all(asks).await.unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"hello") {
            assert!(stream.read_buf(&mut said).await.unwrap() > 0, "{}", String::from_utf8_lossy(&said));
        }
        assert!(said.starts_with(b"HTTP/1.1 101 "));
        tunnels.push(stream);
    }
    holds_one(&gateway, &backend).await;
}

#[tokio::test]
async fn a_request_that_is_sent_again_has_one_place() {
    let (dead, backend) = (nobody(), Backend::start("shop", Does::Answers).await);
    let gateway = limited(&[dead.address, backend.address], (1, 0)).await;
    for _ in 0..30 {
        assert_eq!(gateway.get("/").await.status, 200);
    }
}

#[tokio::test]
async fn without_a_limit_nobody_is_refused() {
    let backend = Backend::start("shop", Does::Holds).await;
    let text = documents(1, 0).replace("{minLimit", "{enabled: false, minLimit");
    let gateway = Gateway::with_route(&text, &[backend.address], &["--threads", "1"]).await;
    let mut waiting = Vec::new();
    for count in 1..=5 {
        waiting.push(begin(&gateway, "/").await);
        seen(&backend, count).await;
    }
}
