//! The shop while those it asks are stopped or slow, and when they are back: an answer within a second, always.

use std::time::Duration;

use serde_json::Value;
use tradewind_journeys::{Fleet, Relay};
use tradewind_kernel::Clock;
use tradewind_testkit::{Answer, Request, until};

/// What is promised, whatever happens to the others.
const PROMISED: Duration = Duration::from_secs(1);

/// How often the shop is asked: often enough to open a breaker and go on.
const ASKED: usize = 12;

/// Pauses so short that a test need not wait for them.
const IMPATIENT: [&str; 2] = ["client.breaker.open=50ms", "client.breaker.open_max=200ms"];

async fn shop(peer: &str, relay: &Relay, more: &[&str]) -> Fleet {
    let address = format!("peers.{peer}.public={}", relay.address());
    let mut settings = vec![address.as_str()];
    settings.extend(IMPATIENT.iter().chain(more));
    Fleet::start_with(&settings).await
}

/// Asks the shop and holds it to its promise.
async fn promised(fleet: &Fleet, path: &str) -> Answer {
    let request = Request::new("GET", path);
    let asked = request.send(fleet.door("shopfront/public"));
    Clock::system()
        .timeout(PROMISED, asked)
        .await
        .unwrap_or_else(|_| panic!("{path}: not within {PROMISED:?}"))
}

async fn products(fleet: &Fleet) -> Vec<Value> {
    let answer = promised(fleet, "/products").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let products = answer.json().as_array().unwrap().clone();
    assert_eq!(products.len(), 5);
    assert!(products[0]["id"] == "1" && products[0]["name"] == "Widget", "{products:?}");
    products
}

/// The checks of the original shop while stock is away: all but the numbers hold, and there is no number.
async fn is_unknown(fleet: &Fleet) {
    for _ in 0..ASKED {
        for product in products(fleet).await {
            assert_eq!((&product["sku"], &product["amountAvailable"]), (&Value::Null, &Value::Null));
            assert_eq!(product["stock"], "unavailable");
        }
    }
    let page = promised(fleet, "/").await;
    assert!(page.status == 200 && page.text().contains("Docker Java"), "{}", page.text());
    assert_eq!(page.text().matches(">unknown</td>").count(), 10);
    assert!(!page.text().contains("999"), "{}", page.text());
    assert_eq!(promised(fleet, "/health").await.json()["status"], "UP");
}

/// Waits until the numbers are there again; each answer on the way keeps the promise.
async fn is_known(fleet: &Fleet) {
    let known = until("stock is known", async || {
        let products = products(fleet).await;
        products.iter().all(|product| product["stock"] == "known").then_some(products)
    });
    let known = known.await;
    assert_eq!((&known[0]["sku"], &known[0]["amountAvailable"]), (&"12345678".into(), &5.into()));
    let stocks = Request::new("GET", "/stocks").send(fleet.door("stock/public")).await.json();
    assert_eq!((stocks.as_array().unwrap().len(), &stocks[0]["sku"]), (5, &"12345678".into()));
}

/// The figure in a line of the shop's metrics.
async fn figure(fleet: &Fleet, line: &str) -> u64 {
    let metrics = Request::new("GET", "/metrics").send(fleet.door("shopfront/internal")).await.text();
    let found = metrics.lines().find_map(|each| each.strip_prefix(line));
    found.and_then(|rest| rest.trim().parse().ok()).unwrap_or_else(|| panic!("{line}: {metrics}"))
}

const OPEN: &str = r#"peer_fallbacks_total{service="shopfront",peer="stock",reason="breaker-open"}"#;
const REFUSED: &str = r#"peer_refusals_total{service="shopfront",peer="stock",reason="breaker-open"}"#;
const GONE: &str = r#"peer_fallbacks_total{service="shopfront",peer="stock",reason="unavailable"}"#;
const LATE: &str = r#"peer_fallbacks_total{service="shopfront",peer="stock",reason="deadline-exceeded"}"#;
const BREAKER: &str = r#"peer_breaker_state{service="shopfront",peer="stock"}"#;

const BY_GRPC: &[&str] = &["shopfront.stock_protocol=grpc"];

#[tokio::test]
async fn stock_that_is_stopped_is_unknown_until_it_is_back() {
    stopped_and_back(&[]).await;
}

#[tokio::test]
async fn stock_that_is_asked_by_grpc_and_stopped_is_unknown_until_it_is_back() {
    stopped_and_back(BY_GRPC).await;
}

async fn stopped_and_back(settings: &[&str]) {
    let relay = Relay::stopped();
    let fleet = shop("stock", &relay, settings).await;
    is_unknown(&fleet).await;
    assert!(figure(&fleet, GONE).await > 0 && figure(&fleet, OPEN).await > 0);
    assert!(figure(&fleet, REFUSED).await > 0);
    let relay = relay.pass_on(fleet.door("stock/public")).await;
    is_known(&fleet).await;
    assert_eq!(figure(&fleet, BREAKER).await, 0);
    // And once more, from connections that were good.
    let relay = relay.stop().await;
    is_unknown(&fleet).await;
    let _relay = relay.pass_on(fleet.door("stock/public")).await;
    is_known(&fleet).await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn stock_that_never_answers_is_unknown_until_it_is_back() {
    silent_and_back(&[]).await;
}

#[tokio::test]
async fn stock_that_is_asked_by_grpc_and_never_answers_is_unknown_until_it_is_back() {
    silent_and_back(BY_GRPC).await;
}

async fn silent_and_back(settings: &[&str]) {
    let relay = Relay::stopped();
    let fleet = shop("stock", &relay, settings).await;
    let relay = relay.pass_on(fleet.door("stock/public")).await;
    is_known(&fleet).await;
    let relay = relay.be_silent().await;
    is_unknown(&fleet).await;
    assert!(figure(&fleet, LATE).await > 0);
    let _relay = relay.pass_on(fleet.door("stock/public")).await;
    is_known(&fleet).await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_fallback_of_the_original_shop_needs_the_setting() {
    let relay = Relay::stopped();
    let fleet = shop("stock", &relay, &["shopfront.compat=true"]).await;
    for product in products(&fleet).await {
        assert_eq!((&product["sku"], &product["amountAvailable"]), (&"default".into(), &999.into()));
        assert_eq!(product.get("stock"), None);
    }
    fleet.shutdown().await;
}

/// What the shop says while there is no catalogue: that it cannot show anything, and what to do.
async fn is_closed(fleet: &Fleet) {
    for path in ["/products", "/api/shopfront/v1/products"] {
        let answer = promised(fleet, path).await;
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        let detail = answer.refusal(503, "unavailable").detail;
        assert!(detail.ends_with(&format!("Ask again in {seconds} s.")), "{detail}");
    }
    let page = promised(fleet, "/").await;
    assert_eq!((page.status, page.header("content-type")), (503, Some("text/html; charset=utf-8")));
    assert!(page.header("retry-after").is_some() && page.header("content-security-policy").is_some());
    assert!(page.text().contains("cannot be shown right now") && !page.text().contains("unavailable"));
    assert_eq!(promised(fleet, "/health").await.json()["status"], "UP");
}

#[tokio::test]
async fn without_the_catalogue_the_shop_is_closed_and_not_empty() {
    let relay = Relay::stopped();
    let fleet = shop("catalogue", &relay, &[]).await;
    for _ in 0..ASKED {
        is_closed(&fleet).await;
    }
    let relay = relay.be_silent().await;
    for _ in 0..ASKED {
        is_closed(&fleet).await;
    }
    let _relay = relay.pass_on(fleet.door("catalogue/public")).await;
    until("the shop is open", async || (promised(&fleet, "/products").await.status == 200).then_some(()))
        .await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_deadline_of_nothing_is_refused() {
    for name in ["catalogue_deadline", "stock_deadline"] {
        let refused = Fleet::refused_with(&format!("shopfront.{name}=0s")).await.to_string();
        assert!(refused.contains(&format!("shopfront.{name} must be above 0")), "{refused}");
    }
}
