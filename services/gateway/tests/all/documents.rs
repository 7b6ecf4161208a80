//! What route documents ask for, from one end to the other; the details are tested where they are decided.

use std::net::SocketAddr;

use tradewind_testkit::{Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, refused, route_of};

/// A gateway with these rules, where the service `shop` is at one address and `copy` at another.
async fn gateway(rules: &str, shop: SocketAddr, copy: SocketAddr) -> Gateway {
    let copy = format!("--backend=copy:80={copy}");
    Gateway::with_route(&route_of("shop", rules), &[shop], &[&copy]).await
}

async fn two() -> (Backend, Backend) {
    (Backend::start("shop", Does::Answers).await, Backend::start("copy", Does::Answers).await)
}

#[tokio::test]
async fn weights_share_requests() {
    let (shop, copy) = two().await;
    let rules = "  - matches: [{path: {value: /all}}]
    backendRefs: [{name: shop, port: 80, weight: 0}, {name: copy, port: 80, weight: 5}]
  - matches: [{path: {value: /some}}]
    backendRefs: [{name: shop, port: 80, weight: 3}, {name: copy, port: 80, weight: 1}]
";
    let gateway = gateway(rules, shop.address, copy.address).await;
    for _ in 0..20 {
        assert_eq!(gateway.get("/all").await.text(), "copy");
    }
    for _ in 0..400 {
        gateway.get("/some").await;
    }
    // Three in four; further away than this it is once in many millions.
    let share = shop.received().len();
    assert!((250..=350).contains(&share), "{share} of 400");
}

#[tokio::test]
async fn rewrites_and_header_changes_reach_the_backend_and_the_client() {
    let (shop, copy) = two().await;
    let rules = "  - matches: [{path: {value: /old}, headers: [{name: x-kind, value: b}]}]
    filters:
    - type: URLRewrite
      urlRewrite: {hostname: shop.internal, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}
    - type: RequestHeaderModifier
      requestHeaderModifier:
        set: [{name: x-set, value: here}]
        add: [{name: x-added, value: too}]
        remove: [x-gone]
    - type: ResponseHeaderModifier
      responseHeaderModifier:
        set: [{name: x-age, value: \"8\"}]
        add: [{name: x-more, value: more}]
        remove: [x-backend]
    backendRefs: [{name: shop, port: 80}]
";
    let gateway = gateway(rules, shop.address, copy.address).await;
    let request = Request::new("GET", "/old/hat?size=7").header("x-kind", "b").header("x-set", "there");
    let answer = request.header("x-added", "one").header("x-gone", "no").send(gateway.address).await;
    assert_eq!(answer.status, 200);
    assert_eq!((answer.header("x-age"), answer.header("x-more")), (Some("8"), Some("more")));
    assert_eq!(answer.header("x-backend"), None);
    let received = shop.received();
    assert_eq!(received[0].target(), "/new/hat?size=7");
    assert_eq!(received[0].values("host"), ["shop.internal"]);
    assert_eq!(received[0].values("x-set"), ["here"]);
    assert_eq!(received[0].values("x-added").join(",").replace(' ', ""), "one,too");
    assert!(received[0].values("x-gone").is_empty());
    refused(&gateway.get("/old/hat").await, 404, "no-route");
}

#[tokio::test]
async fn redirects_ask_nobody() {
    let (shop, copy) = two().await;
    let rules = "  - matches: [{path: {value: /old}}]
    filters:
    - type: RequestRedirect
      requestRedirect: {scheme: https, hostname: shop.example, port: 8443, statusCode: 301,
        path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}
";
    let gateway = gateway(rules, shop.address, copy.address).await;
    let answer = gateway.get("/old/hat?size=7").await;
    assert_eq!(answer.status, 301);
    assert_eq!(answer.header("location"), Some("https://shop.example:8443/new/hat?size=7"));
    assert_eq!(shop.connections() + copy.connections(), 0);
}

#[tokio::test]
async fn scripts_of_other_origins_are_let_in_where_the_route_says() {
    let (shop, copy) = two().await;
    let rules = "  - filters:
    - type: CORS
      cors: {allowOrigins: [\"https://shop.example\"], allowMethods: [GET, PUT], maxAge: 60}
    backendRefs: [{name: shop, port: 80}]
";
    let gateway = gateway(rules, shop.address, copy.address).await;
    let preflight = |origin| {
        Request::new("OPTIONS", "/").header("Origin", origin).header("Access-Control-Request-Method", "PUT")
    };
    let answer = preflight("https://shop.example").send(gateway.address).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(answer.header("access-control-max-age"), Some("60"));
    let answer = preflight("https://thief.example").send(gateway.address).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert!(shop.received().is_empty(), "the backend is not asked before");
    let answer =
        Request::new("GET", "/").header("Origin", "https://shop.example").send(gateway.address).await;
    assert_eq!(answer.text(), "shop");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
}

#[tokio::test]
async fn services_and_their_endpoints_are_documents() {
    let (shop, other) = two().await;
    let endpoints = |port: u16, ready: bool| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: shop}}\nspec:\n  ports: [{{name: http, port: 80}}]\n---\n\
             apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: shop-1\n  labels: \
             {{kubernetes.io/service-name: shop}}\naddressType: IPv4\nports: [{{name: http, port: {port}}}]\n\
             endpoints:\n- addresses: [127.0.0.1]\n  conditions: {{ready: {ready}}}\n"
        )
    };
    let route = route_of("shop", "  - backendRefs: [{name: shop, port: 80}]\n");
    let files = [("route.yaml", route.as_str()), ("shop.yaml", &endpoints(shop.address.port(), true))];
    let gateway = Gateway::start(&files, &[]).await;
    assert_eq!(gateway.get("/").await.text(), "shop");
    gateway.write("shop.yaml", &endpoints(other.address.port(), true));
    until("the other endpoint is asked", async || (gateway.get("/").await.text() == "copy").then_some(()))
        .await;
    gateway.write("shop.yaml", &endpoints(other.address.port(), false));
    let answer = until("nobody is asked", async || {
        let answer = gateway.get("/").await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    refused(&answer, 503, "unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
}
#[tokio::test]
async fn a_mirror_gets_a_copy_and_nobody_waits_for_it() {
    let (shop, copy) = two().await;
    copy.now(Does::Holds);
    let rules = "  - filters:
    - type: RequestMirror
      requestMirror: {backendRef: {name: copy, port: 80}}
    backendRefs: [{name: shop, port: 80}]
";
    let gateway = gateway(rules, shop.address, copy.address).await;
    let answer = Request::new("POST", "/orders?a=1").body("two hats").send(gateway.address).await;
    assert_eq!(answer.text(), "shop");
    until("the copy is there", async || (copy.received().len() == 1).then_some(())).await;
    let (one, other) = (shop.received().remove(0), copy.received().remove(0));
    assert_eq!((one.target(), one.body.as_slice()), ("/orders?a=1", b"two hats".as_slice()));
    assert_eq!((other.target(), other.body.as_slice()), ("/orders?a=1", b"two hats".as_slice()));
    copy.now(Does::Answers);
    let long = "hats".repeat(100_000);
    let answer = Request::new("POST", "/orders").body(&long).send(gateway.address).await;
    assert_eq!(answer.text(), "shop");
    until("the long copy is counted", async || {
        let metrics = gateway.ask("/metrics").await.text();
        metrics
            .contains("gateway_copies_total{backend=\"default/copy:80\",outcome=\"carried\"} 1")
            .then_some(())
    })
    .await;
    assert!(copy.received().remove(1).body == long.as_bytes());
}
