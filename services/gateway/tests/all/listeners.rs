//! What a `ListenerPolicy` says of connections holds at the program's door.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tradewind_testkit::until;

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, route};

/// Longer than whatever is waited for, however busy the machine.
const LONG: Duration = Duration::from_secs(20);

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: policy.tradewind.dev/v1\nkind: ListenerPolicy\nmetadata: {{name: port}}\nspec:\n  targetRefs: \
         [{{group: gateway.networking.k8s.io, kind: Gateway, name: tradewind}}]\n  {spec}\n"
    )
}

async fn bound(backend: &Backend, spec: &str) -> Gateway {
    let (route, policy) = (route("shop", "/"), policy(spec));
    let given = format!("--backend=shop:80={}", backend.address);
    Gateway::start(&[("shop.yaml", &route), ("port.yaml", &policy)], &[&given]).await
}

/// A connection of a client.
struct Client {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), bytes: Vec::new() }
    }

    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // Who closes has said so with an answer, or is seen to with the next read.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// The head of the next answer, whose body is taken, too; none where the connection ends first.
    async fn answer(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.bytes[..end]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                let whole = end + 4 + length.map_or(0, |length| length.parse().unwrap());
                if self.bytes.len() >= whole {
                    self.bytes.drain(..whole);
                    return Some(head);
                }
            }
            if self.more().await == 0 {
                return None;
            }
        }
    }

    async fn more(&mut self) -> usize {
        let read = timeout(LONG, self.stream.read_buf(&mut self.bytes)).await;
        read.expect("the gateway neither answers nor closes").unwrap_or(0)
    }

    async fn ask(&mut self) -> Option<String> {
        self.say(GET).await;
        self.answer().await
    }

    /// Waits until it is closed, and says how long that took.
    async fn closed(&mut self) -> Duration {
        let began = Instant::now();
        while self.more().await > 0 {}
        began.elapsed()
    }
}

fn is_ok(answer: Option<String>) -> bool {
    answer.is_some_and(|head| head.starts_with("http/1.1 200"))
}

#[tokio::test]
async fn heads_have_the_size_that_was_allowed() {
    let backend = Backend::start("shop", Does::Answers).await;
    let head = |bytes: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(bytes));
    let fields = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count));
    let ask = async |gateway: &Gateway, request: String| {
        let mut client = Client::connect(gateway.address).await;
        client.say(request).await;
        client.answer().await.unwrap().split(' ').nth(1).unwrap().to_owned()
    };
    let gateway = bound(&backend, "limits: {maxHeadBytes: 1024, maxHeaders: 8}").await;
    assert_eq!(ask(&gateway, head(900)).await, "200");
    assert_eq!(ask(&gateway, head(1_100)).await, "431");
    assert_eq!(ask(&gateway, fields(7)).await, "200");
    assert_eq!(ask(&gateway, fields(8)).await, "431");
    let gateway = bound(&backend, "limits: {maxHeadBytes: 524288}").await;
    assert_eq!(ask(&gateway, head(500_000)).await, "200");
    assert_eq!(ask(&gateway, head(530_000)).await, "431");
    let gateway = Gateway::before(&[backend.address], &[]).await;
    assert_eq!(ask(&gateway, head(32_000)).await, "200");
    assert_eq!(ask(&gateway, head(33_000)).await, "431");
}

#[tokio::test]
async fn a_connection_has_so_many_requests() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = bound(&backend, "limits: {maxRequestsPerConnection: 3}").await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..2 {
        assert!(!client.ask().await.unwrap().contains("connection: close"));
    }
    assert!(client.ask().await.unwrap().contains("connection: close"));
    assert_eq!(client.ask().await, None);
    assert_eq!(backend.received().len(), 3);
}

#[tokio::test]
async fn a_client_has_so_many_connections() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = bound(&backend, "limits: {maxConnectionsPerClient: 2}").await;
    let (mut first, mut second) =
        (Client::connect(gateway.address).await, Client::connect(gateway.address).await);
    assert!(is_ok(first.ask().await) && is_ok(second.ask().await));
    assert_eq!(Client::connect(gateway.address).await.ask().await, None);
    drop(first);
    until("another connection is taken", async || {
        is_ok(Client::connect(gateway.address).await.ask().await).then_some(())
    })
    .await;
    assert!(is_ok(second.ask().await));
}

#[tokio::test]
async fn further_connections_wait_for_a_place() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = bound(&backend, "limits: {maxConnections: 2}").await;
    let (mut first, mut second) =
        (Client::connect(gateway.address).await, Client::connect(gateway.address).await);
    assert!(is_ok(first.ask().await) && is_ok(second.ask().await));
    let mut third = Client::connect(gateway.address).await;
    third.say(GET).await;
    assert!(timeout(Duration::from_millis(300), third.stream.readable()).await.is_err(), "it is served");
    drop(first);
    assert!(is_ok(third.answer().await));
    // More places by another policy, without a restart.
    let mut fourth = Client::connect(gateway.address).await;
    fourth.say(GET).await;
    assert!(timeout(Duration::from_millis(300), fourth.stream.readable()).await.is_err(), "it is served");
    gateway.write("port.yaml", &policy("limits: {maxConnections: 3}"));
    assert!(is_ok(fourth.answer().await));
    assert!(is_ok(second.ask().await));
}

#[tokio::test]
async fn phases_take_as_long_as_was_allowed() {
    let backend = Backend::start("shop", Does::Answers).await;
    let spec = "timeouts: {requestHead: 200ms, requestBodyIdle: 1s, idle: 1500ms}";
    let gateway = bound(&backend, spec).await;
    // Each has another bound by default, and none of those is over before these are.
    let short = Duration::from_secs(9);
    let began = Instant::now();
    let mut slow_head = Client::connect(gateway.address).await;
    slow_head.say("GET / HTTP/1.1\r\n").await;
    assert!(slow_head.answer().await.unwrap().starts_with("http/1.1 408"));
    let mut slow_body = Client::connect(gateway.address).await;
    slow_body.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").await;
    assert!(slow_body.answer().await.unwrap().starts_with("http/1.1 408"));
    let mut long_body = Client::connect(gateway.address).await;
    long_body.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nab").await;
    assert!(long_body.answer().await.unwrap().starts_with("http/1.1 408"));
    assert!(began.elapsed() < short, "{:?}", began.elapsed());
    let mut idle = Client::connect(gateway.address).await;
    assert!(is_ok(idle.ask().await));
    let waited = idle.closed().await;
    assert!(waited >= Duration::from_secs(1) && waited < short, "{waited:?}");
    let mut unused = Client::connect(gateway.address).await;
    assert!(unused.closed().await < short);
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_left() {
    const LENGTH: usize = 64 * 1024 * 1024;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n{}", "x".repeat(LENGTH));
    let backend = Backend::start("shop", Does::Says(answer.leak())).await;
    let gateway = bound(&backend, "timeouts: {writeStall: 1s}").await;
    let mut client = Client::connect(gateway.address).await;
    client.say(GET).await;
    until("the gateway has given up", async || {
        let metrics = gateway.ask("/metrics").await.text();
        metrics.contains("gateway_requests_total{").then_some(())
    })
    .await;
    client.closed().await;
    assert!(client.bytes.len() < LENGTH, "{} bytes", client.bytes.len());
}

/// Frames of HTTP/2 as they stand on the wire (RFC 9113 §4.1): kind, flags, stream, payload.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[a, b, c, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// `GET http://a/`, as HPACK writes it (RFC 7541).
const HEAD: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

impl Client {
    async fn http2(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        client.say([PREFACE, &frame(4, 0, 0, &[])].concat()).await;
        client
    }

    /// Kind and payload of the next frame; none where the connection ends first.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [a, b, c, kind, ..] = self.bytes[..] {
                let whole = 9 + u32::from_be_bytes([0, a, b, c]) as usize;
                if self.bytes.len() >= whole {
                    return Some((kind, self.bytes.drain(..whole).skip(9).collect()));
                }
            }
            if self.more().await == 0 {
                return None;
            }
        }
    }
}

#[tokio::test]
async fn clients_of_http2_are_told_their_bounds() {
    let backend = Backend::start("shop", Does::Answers).await;
    let spec = "http2: {maxConcurrentStreams: 7, initialStreamWindowSize: 70000, initialConnectionWindowSize: 99999}";
    let gateway = bound(&backend, spec).await;
    let mut client = Client::http2(gateway.address).await;
    let (mut settings, mut window) = (Vec::new(), None);
    while settings.is_empty() || window.is_none() {
        match client.frame().await.expect("a frame") {
            (4, payload) if !payload.is_empty() => settings = payload,
            (8, payload) => window = Some(payload),
            _ => {}
        }
    }
    let told: Vec<(u16, u32)> = settings
        .chunks(6)
        .map(|one| {
            (u16::from_be_bytes([one[0], one[1]]), u32::from_be_bytes([one[2], one[3], one[4], one[5]]))
        })
        .collect();
    assert!(told.contains(&(3, 7)) && told.contains(&(4, 70_000)), "{told:?}");
    // What is more than the 65,535 bytes that a connection begins with.
    assert_eq!(window.unwrap(), (99_999_u32 - 65_535).to_be_bytes());
}

#[tokio::test]
async fn a_connection_of_http2_ends_after_so_many_requests_and_resets() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = bound(&backend, "limits: {maxRequestsPerConnection: 2}").await;
    let mut client = Client::http2(gateway.address).await;
    client.say([frame(1, 5, 1, &HEAD), frame(1, 5, 3, &HEAD)].concat()).await;
    let (mut answers, mut farewells) = (0, 0);
    while answers < 2 || farewells == 0 {
        match client.frame().await.expect("two answers and a farewell").0 {
            1 => answers += 1,
            7 => farewells += 1,
            _ => {}
        }
    }

    let held = Backend::start("shop", Does::Holds).await;
    for (most, expected) in [(3, false), (100, true)] {
        let gateway = bound(&held, &format!("http2: {{maxResetsPerMinute: {most}}}")).await;
        let mut client = Client::http2(gateway.address).await;
        for stream in [1, 3, 5, 7] {
            client.say([frame(1, 5, stream, &HEAD), frame(3, 0, stream, &[0, 0, 0, 8])].concat()).await;
        }
        client.say(frame(6, 0, 0, &[7; 8])).await;
        let mut is_answered = false;
        while let Some((kind, payload)) = client.frame().await {
            if kind == 6 && payload == [7; 8] {
                is_answered = true;
                break;
            }
        }
        assert_eq!(is_answered, expected, "with {most}");
    }
}
