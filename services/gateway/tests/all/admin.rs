//! The internal door.

use std::collections::BTreeMap;

use tradewind_testkit::{Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, refused, route};

#[tokio::test]
async fn tells_that_it_runs_and_is_ready() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &[]).await;
    for path in ["/livez", "/readyz", "/startupz"] {
        let answer = gateway.ask(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"), "{path}");
    }
    refused(&gateway.ask("/attic").await, 404, "no-route");
    refused(&Request::new("POST", "/livez").send(gateway.admin).await, 405, "method-not-allowed");
    assert_eq!(gateway.get("/livez").await.text(), "shop", "clients do not get there");
}

#[tokio::test]
async fn shows_routes_and_backends_in_use() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &[]).await;
    let routes = gateway.ask("/routes").await.text();
    assert!(routes.contains("shop rule 0") && routes.contains("weight 1"), "{routes}");
    let backends = gateway.ask("/backends").await.text();
    assert!(backends.contains("shop") && backends.contains(&shop.address.to_string()), "{backends}");
    gateway.write("more.yaml", &route("attic", "/attic"));
    until("the route is shown, and that it leads nowhere", async || {
        let routes = gateway.ask("/routes").await.text();
        (routes.contains("attic rule 0") && routes.contains("nowhere: ")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn counts_requests_by_route() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::with_route(&route("shop", "/shop"), &[shop.address], &[]).await;
    for _ in 0..3 {
        Request::new("POST", "/shop/1").body("12345").send(gateway.address).await;
    }
    refused(&gateway.get("/elsewhere").await, 404, "no-route");
    refused(&gateway.get("/shop/%00").await, 400, "ambiguous-path");
    // The answer is there a little before it is counted.
    let samples = until("all are counted", async || {
        let samples = samples(&gateway.ask("/metrics").await.text());
        let counted = samples.iter().filter(|(name, _)| name.starts_with("gateway_requests_total"));
        (counted.map(|(_, value)| value).sum::<f64>() >= 3.0).then_some(samples)
    })
    .await;
    let of = |name: &str, parts: &[&str]| {
        let fits = |found: &&String| found.starts_with(name) && parts.iter().all(|part| found.contains(part));
        let found: Vec<&String> = samples.keys().filter(fits).collect();
        assert_eq!(found.len(), 1, "{name} {parts:?} in {samples:?}");
        samples[found[0]]
    };
    assert_eq!(of("gateway_requests_total{", &["shop", "path=\"/shop/*\"", "status=\"2xx\""]), 3.0);
    assert_eq!(of("gateway_request_bytes_total{", &["shop"]), 15.0);
    assert_eq!(of("gateway_response_bytes_total{", &["shop"]), 12.0);
    assert_eq!(of("gateway_attempts_total{", &["shop"]), 3.0);
    assert_eq!(of("gateway_request_duration_seconds_count{", &["shop"]), 3.0);
    assert_eq!(of("gateway_request_duration_seconds_bucket{", &["le=\"+Inf\""]), 3.0);
    assert_eq!(of("gateway_refused_total{", &["reason=\"no-route\""]), 1.0);
    assert_eq!(of("gateway_refused_total{", &["reason=\"ambiguous-path\""]), 1.0);
}

#[tokio::test]
async fn metrics_are_in_the_open_format() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &[]).await;
    gateway.get("/").await;
    let answer = gateway.ask("/metrics").await;
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    samples(&answer.text());
}

/// The samples of a text, which must be one of OpenMetrics: each behind the head of its family, none twice, no histogram
/// that counts less in a wider bucket, and a mark at the end.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let body = text.strip_suffix("# EOF\n").unwrap_or_else(|| panic!("no end in {text}"));
    let (mut found, mut families, mut family) = (BTreeMap::new(), Vec::new(), None);
    let mut widest = (String::new(), 0.0);
    for line in body.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').unwrap();
            assert!(matches!(kind, "counter" | "histogram" | "gauge"), "{line}");
            assert!(!families.contains(&name.to_owned()), "{name} comes twice");
            families.push(name.to_owned());
            family = Some((name.to_owned(), kind.to_owned()));
            continue;
        }
        if line.starts_with("# HELP ") || line.starts_with("# UNIT ") {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?} is no sample"));
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line:?} has no number"));
        let (of, kind) = family.as_ref().unwrap_or_else(|| panic!("{line:?} is of no family"));
        let suffix = name.split('{').next().unwrap().strip_prefix(of.as_str());
        let fits = match kind.as_str() {
            "counter" => suffix == Some("_total"),
            "histogram" => matches!(suffix, Some("_bucket" | "_sum" | "_count")),
            _ => suffix == Some(""),
        };
        assert!(fits, "{line:?} is not of the {kind} {of}");
        if suffix == Some("_bucket") {
            let series = name.split("le=\"").next().unwrap().to_owned();
            assert!(widest.0 != series || widest.1 <= value, "{line:?} after {widest:?}");
            widest = (series, value);
        }
        assert!(found.insert(name.to_owned(), value).is_none(), "{name} comes twice");
    }
    assert!(!families.is_empty());
    found
}
