//! One order, one trace: from the request through the event log into every service that takes part.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_chassis::Tail;
use tradewind_fleet::services;
use tradewind_journeys::{Fleet, ada, wish};
use tradewind_kernel::{Span, SpanId, SpanKind, TraceId};
use tradewind_testkit::{Answer, Request};

/// Orders without naming a trace, so that it begins at the gateway.
async fn order(fleet: &Fleet, key: &str) -> Answer {
    let body = serde_json::to_string(&wish(&[("1", 1)])).unwrap();
    let request = Request::new("POST", "/api/orders/v1/orders").bearer(&ada());
    let answer = fleet.send(request.header("Idempotency-Key", key).json(&body)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    fleet.quiet().await;
    answer
}

async fn spans(fleet: &Fleet, query: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for service in services() {
        let path = format!("/traces?limit=1000&waitMs=0{query}");
        let tail: Tail<Span> = fleet.internal(&service.description().name).get(&path).await.unwrap();
        assert_eq!(tail.missed, 0);
        spans.extend(tail.records.into_iter().map(|tailed| tailed.record));
    }
    spans
}

/// The traces that began with placing an order at the gateway.
fn placed(spans: &[Span]) -> Vec<TraceId> {
    let placing = spans.iter().filter(|span| span.service == "gateway" && span.name.starts_with("POST "));
    placing.map(|span| span.trace_id).collect()
}

/// Spans of a trace whose cause is not among them, but for the one that began it.
fn torn(spans: &[&Span]) -> Vec<SpanId> {
    let known: BTreeSet<SpanId> = spans.iter().map(|span| span.span_id).collect();
    let causes = spans.iter().filter_map(|span| span.parent_span_id);
    causes.filter(|cause| !known.contains(cause)).collect()
}

#[tokio::test]
async fn an_order_is_one_trace_and_no_link_is_missing() {
    let fleet = Fleet::start().await;
    order(&fleet, "one").await;
    let all = spans(&fleet, "").await;
    let [id] = placed(&all)[..] else { panic!("{:?}", placed(&all)) };
    let trace: Vec<&Span> = all.iter().filter(|span| span.trace_id == id).collect();
    assert_eq!(torn(&trace), [], "{trace:#?}");
    let roots: Vec<&&Span> = trace.iter().filter(|span| span.parent_span_id.is_none()).collect();
    let [root] = roots[..] else { panic!("{roots:#?}") };
    assert_eq!(root.name, "POST /api/orders/v1/*");
    assert!(trace.iter().all(|span| span.correlation == root.correlation && span.error.is_none()));
    let mut handled: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for span in trace.iter().filter(|span| span.kind == SpanKind::Consumer) {
        handled.entry(&span.service).or_default().insert(&span.name);
    }
    let names = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
    let news = ["tradewind.orders.order-opened.v1", "tradewind.orders.order-placed.v1"];
    assert_eq!((&handled["stock"], &handled["customers"]), (&names(&news), &names(&news)));
    let answers = ["tradewind.customers.credit-reserved.v1", "tradewind.stock.stock-reserved.v1"];
    assert_eq!(handled["orders"], names(&answers));
    // What orders handles was caused by the handling in stock and customers, through their logs.
    let by_id: BTreeMap<SpanId, &&Span> = trace.iter().map(|span| (span.span_id, span)).collect();
    for span in trace.iter().filter(|span| span.service == "orders" && span.kind == SpanKind::Consumer) {
        let cause = by_id[&span.parent_span_id.unwrap()];
        assert_eq!((cause.kind, span.name.contains(&*cause.service)), (SpanKind::Consumer, true));
        assert!(cause.start <= span.start);
    }
    // The check notices a link that is missing.
    let without_stock: Vec<&Span> = trace.iter().filter(|span| span.service != "stock").copied().collect();
    assert!(!torn(&without_stock).is_empty());
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_door_gives_what_belongs_to_one_process_or_trace() {
    let fleet = Fleet::start().await;
    order(&fleet, "one").await;
    order(&fleet, "two").await;
    let all = spans(&fleet, "").await;
    let [first, second] = placed(&all)[..] else { panic!("{:?}", placed(&all)) };
    assert_ne!(first, second);
    let of_first = spans(&fleet, &format!("&trace={first}")).await;
    let expected: Vec<&Span> = all.iter().filter(|span| span.trace_id == first).collect();
    assert_eq!(of_first.iter().collect::<Vec<_>>(), expected);
    let process = of_first[0].correlation;
    assert_eq!(spans(&fleet, &format!("&correlation={process}")).await, of_first);
    assert_eq!(spans(&fleet, &format!("&correlation={process}&trace={second}")).await, []);
    fleet.shutdown().await;
}

#[tokio::test]
async fn looking_on_leaves_no_trace() {
    let fleet = Fleet::start().await;
    let before = spans(&fleet, "").await;
    for path in ["/events?waitMs=0", "/logs?waitMs=0", "/traces?waitMs=0"] {
        fleet.internal("orders").get::<serde_json::Value>(path).await.unwrap();
    }
    fleet.keeps_its_promises().await;
    Request::new("GET", "/readyz").send(fleet.door("orders/internal")).await;
    assert_eq!(spans(&fleet, "").await.len(), before.len());
    fleet.shutdown().await;
}
