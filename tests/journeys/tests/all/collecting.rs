//! Spans at a stand-in collector: OTLP over HTTP as its JSON encoding prescribes it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tradewind_journeys::{Fleet, ada};
use tradewind_testkit::{Request, until};

/// Takes spans on loopback and answers as it is told.
struct Collector {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Value>>>,
}

/// The head and the body of a request.
async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap().to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let length: usize = length.trim().parse().unwrap();
    while bytes.len() < head + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    Some((text, bytes.split_off(head)))
}

impl Collector {
    /// Answers the first requests with these heads, and every further one with 200.
    async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Mutex::new(answers.iter().rev().copied().collect::<Vec<_>>()));
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = taken.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answers, kept) = (answers.clone(), kept.clone());
                tokio::spawn(async move {
                    while let Some((head, body)) = request(&mut stream).await {
                        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
                        assert!(head.contains("content-type: application/json\r\n"), "{head}");
                        let refusal = answers.lock().unwrap().pop();
                        if refusal.is_none() {
                            kept.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                        }
                        let answer = refusal.unwrap_or("200 OK\r\nContent-Type: application/json");
                        let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 2\r\n\r\n{{}}");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        Self { address, taken }
    }

    fn setting(&self) -> String {
        format!("telemetry.otlp_endpoint=http://{}", self.address)
    }

    /// Every span, with the service that it came from.
    fn spans(&self) -> Vec<(String, Value)> {
        let mut spans = Vec::new();
        for request in self.taken.lock().unwrap().iter() {
            for resource in request["resourceSpans"].as_array().unwrap() {
                let service = attribute(&resource["resource"], "service.name");
                assert!(!attribute(&resource["resource"], "service.version").is_empty());
                assert!(!attribute(&resource["resource"], "service.instance.id").is_empty());
                for scope in resource["scopeSpans"].as_array().unwrap() {
                    let each = scope["spans"].as_array().unwrap().iter();
                    spans.extend(each.map(|span| (service.clone(), span.clone())));
                }
            }
        }
        spans
    }
}

fn attribute(of: &Value, key: &str) -> String {
    let found = of["attributes"].as_array().unwrap().iter().find(|attribute| attribute["key"] == key);
    let found = found.unwrap_or_else(|| panic!("no {key} in {of}"));
    found["value"]["stringValue"].as_str().unwrap().to_owned()
}

/// OTLP 1.x, "JSON Protobuf Encoding", and `trace.proto`.
fn check_form(span: &Value) {
    let is_hex = |value: &Value, digits: usize| {
        let text = value.as_str().unwrap();
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    const NAMES: [&str; 9] = [
        "traceId",
        "spanId",
        "parentSpanId",
        "name",
        "kind",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "status",
    ];
    let names: BTreeSet<&str> = span.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(names.iter().all(|name| NAMES.contains(name)), "{names:?}");
    assert!(is_hex(&span["traceId"], 32) && is_hex(&span["spanId"], 16), "{span}");
    assert!(span.get("parentSpanId").is_none_or(|parent| is_hex(parent, 16)), "{span}");
    assert!((1..=5).contains(&span["kind"].as_u64().unwrap()));
    let nanoseconds = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanoseconds("startTimeUnixNano") <= nanoseconds("endTimeUnixNano"));
    assert!(nanoseconds("startTimeUnixNano") > 1_700_000_000_000_000_000);
    for attribute in span["attributes"].as_array().unwrap() {
        let value = attribute["value"].as_object().unwrap();
        let (kind, value) = value.iter().next().unwrap();
        assert!(matches!(kind.as_str(), "stringValue" | "intValue") && value.is_string(), "{attribute}");
    }
    assert!(span["status"].get("code").is_none_or(|code| code == 2));
}

#[tokio::test]
async fn the_spans_of_an_order_reach_the_collector_at_the_end_at_the_latest() {
    let collector = Collector::start(&[]).await;
    let fleet = Fleet::start_with(&[&collector.setting(), "telemetry.otlp_interval=1h"]).await;
    fleet.order(&ada(), &[("1", 1)]).await;
    assert!(collector.spans().is_empty());
    fleet.shutdown().await;
    let spans = collector.spans();
    spans.iter().for_each(|(_, span)| check_form(span));
    let (_, placing) = spans
        .iter()
        .find(|(service, span)| service == "gateway" && span["name"] == "POST /api/orders/v1/*")
        .unwrap();
    let trace = spans.iter().filter(|(_, span)| span["traceId"] == placing["traceId"]);
    let services: BTreeSet<&str> = trace.map(|(service, _)| service.as_str()).collect();
    let all = [
        "catalogue",
        "customers",
        "gateway",
        "mail",
        "notification",
        "orders",
        "payments",
        "stock",
        "webhooks",
    ];
    assert_eq!(services.into_iter().collect::<Vec<_>>(), all);
    let ids: BTreeSet<&str> = spans.iter().map(|(_, span)| span["spanId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), spans.len(), "a span was sent twice");
}

#[tokio::test]
async fn a_collector_that_is_busy_gets_the_spans_later() {
    let busy = "503 Service Unavailable\r\nRetry-After: 1";
    let collector = Collector::start(&[busy, busy]).await;
    let fleet = Fleet::start_with(&[&collector.setting(), "telemetry.otlp_interval=10ms"]).await;
    until("spans arrive", async || (!collector.spans().is_empty()).then_some(())).await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_collector_that_refuses_or_is_away_disturbs_nothing() {
    let collector = Collector::start(&["400 Bad Request"; 1_000]).await;
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = format!("telemetry.otlp_endpoint=http://{away}");
    for setting in [collector.setting(), gone] {
        let fleet = Fleet::start_with(&[&setting, "telemetry.otlp_interval=10ms"]).await;
        fleet.order(&ada(), &[("1", 1)]).await;
        let door = fleet.door("orders/internal");
        if setting == collector.setting() {
            let counted = r#"otlp_spans_total{service="orders",outcome="failed"}"#;
            until("the refusal is counted", async || {
                let text = Request::new("GET", "/metrics").send(door).await.text();
                let line =
                    text.lines().find(|line| line.starts_with("otlp_spans_total") && line.contains("failed"));
                let line = line.unwrap_or_else(|| panic!("no {counted}"));
                (!line.ends_with(" 0")).then_some(())
            })
            .await;
        }
        fleet.shutdown().await;
    }
}

#[tokio::test]
async fn a_collector_by_https_is_refused_at_the_start() {
    let error = Fleet::refused_with("telemetry.otlp_endpoint=https://collector:4318").await.to_string();
    assert!(
        error.contains("telemetry.otlp_endpoint") && error.contains("a collector on this machine"),
        "{error}"
    );
}
