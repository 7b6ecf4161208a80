//! Route documents from a folder.

use tradewind_testkit::{Answer, Request, until};

use crate::support::{Place, Up};

fn document(rule: &str) -> String {
    let head = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: own\n";
    format!("{head}spec:\n  rules:\n{rule}")
}

const TO_CATALOGUE: &str = concat!(
    "    - matches:\n        - path: {type: Exact, value: /products}\n",
    "      backendRefs:\n        - {name: catalogue, port: 8020}\n",
);

const TO_STOCK: &str = concat!(
    "    - matches:\n        - path: {type: Exact, value: /stocks}\n",
    "      backendRefs:\n        - {name: stock, port: 8030}\n",
);

const SETTING: [&str; 2] = ["--set", "gateway.routes=routes"];

#[tokio::test]
async fn routes_from_a_folder_replace_those_built_in() {
    let place = Place::new();
    place.write("routes/own.yaml", &document(TO_CATALOGUE));
    place.write("routes/README.md", "not a route");
    let up = place.up(&SETTING).await;
    assert_eq!(up.get("/products").await.json().as_array().unwrap().len(), 5);
    drop(up.get("/api/catalogue/v1/products").await.refusal(404, "no-route"));
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn every_mistake_in_route_documents_is_named_with_its_place() {
    let place = Place::new();
    place.write("routes/a.yaml", &document(&TO_CATALOGUE.replace("8020", "0")));
    place.write("routes/b.yaml", &document(&TO_CATALOGUE.replace("Exact", "Regexp")).replace("own", "other"));
    place.write("routes/c.yaml", "spec: [\n");
    let refused = place.refused(&SETTING, &[]).await;
    for part in ["routes/a.yaml:10:35", "routes/b.yaml:8:24", "routes/c.yaml:2:1", "1 to 65535", "PathPrefix"]
    {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[tokio::test]
async fn a_document_with_a_mistake_leaves_the_others_serving() {
    let place = Place::new();
    place.write("routes/a.yaml", &document(TO_CATALOGUE));
    place.write("routes/b.yaml", &document(TO_CATALOGUE));
    place.write("routes/c.yaml", &document(&TO_CATALOGUE.replace("Exact", "Regexp")).replace("own", "other"));
    let up = place.up(&SETTING).await;
    assert_eq!(up.get("/products").await.status, 200);
    let said = up.stop().await.errors;
    for part in
        ["a route document is not used", "routes/b.yaml:4:9", "already declared at", "routes/c.yaml:8:24"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// Rules to the catalogue, one for each thing that a rule can ask or do.
const RULES: &str = concat!(
    "    - matches: [{path: {value: /old}}]\n",
    "      filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}, statusCode: 301}}]\n",
    "    - matches: [{path: {value: /shop}}]\n",
    "      filters:\n",
    "      - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}\n",
    "      - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: x-shop, value: old}], remove: [content-type]}}\n",
    "      - {type: RequestMirror, requestMirror: {backendRef: {name: catalogue, port: 8020}}}\n",
    "      backendRefs: [{name: catalogue, port: 8020}]\n",
    "    - matches: [{path: {value: /products}, method: GET, headers: [{name: x-version, value: \"2\"}]}]\n",
    "      backendRefs: [{name: catalogue, port: 8020, weight: 0}]\n",
    "    - matches: [{path: {value: /products}, method: GET, queryParams: [{name: moved, value: \"yes\"}]}]\n",
    "      filters: [{type: ExtensionRef, extensionRef: {group: a.example, kind: Limit, name: b}}]\n",
    "      backendRefs: [{name: catalogue, port: 8020}]\n",
    "    - matches: [{path: {value: /products}, method: GET}]\n",
    "      filters: [{type: CORS, cors: {allowOrigins: ['https://*.example'], allowMethods: [GET]}}]\n",
    "      backendRefs: [{name: catalogue, port: 8020}]\n",
    "    - matches: [{path: {value: /products}, method: OPTIONS}]\n",
    "      filters: [{type: CORS, cors: {allowOrigins: ['https://*.example'], allowMethods: [GET]}}]\n",
    "      backendRefs: [{name: catalogue, port: 8020}]\n",
);

async fn ask(up: &Up, request: Request) -> Answer {
    request.send(up.door("gateway/data-plane")).await
}

/// How many requests for products the catalogue has answered.
async fn answered(up: &Up) -> u64 {
    let metrics =
        Request::new("GET", "/metrics").bearer(&up.secret()).send(up.door("catalogue/internal")).await;
    let text = metrics.text();
    let is_meant =
        |line: &&str| line.starts_with("http_requests_total{") && line.contains("route=\"/products\"");
    let counts =
        text.lines().filter(is_meant).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

#[tokio::test]
async fn the_rules_of_a_document_are_followed() {
    let place = Place::new();
    place.write("routes/own.yaml", &document(RULES));
    let up = place.up(&SETTING).await;
    let get = |path: &str| Request::new("GET", path);

    let moved = ask(&up, get("/old/a?b=c")).await;
    assert_eq!((moved.status, moved.header("location")), (301, Some("http://tradewind.test/new/a?b=c")));

    let rewritten = ask(&up, get("/shop/products")).await;
    assert_eq!(rewritten.json().as_array().unwrap().len(), 5);
    assert_eq!((rewritten.header("x-shop"), rewritten.header("content-type")), (Some("old"), None));

    drop(ask(&up, get("/products").header("x-version", "2")).await.refusal(500, "no-backend"));
    drop(ask(&up, get("/products?moved=yes")).await.refusal(500, "no-backend"));
    drop(ask(&up, Request::new("DELETE", "/products")).await.refusal(404, "no-route"));

    let shared = ask(&up, get("/products").header("origin", "https://a.example")).await;
    assert_eq!(
        (shared.status, shared.header("access-control-allow-origin")),
        (200, Some("https://a.example"))
    );
    let asking = Request::new("OPTIONS", "/products").header("origin", "https://a.example");
    let asking = ask(&up, asking.header("access-control-request-method", "GET")).await;
    assert_eq!((asking.status, asking.header("access-control-allow-methods")), (204, Some("GET")));
    let other = ask(&up, get("/products").header("origin", "https://a.other")).await;
    assert_eq!((other.status, other.header("access-control-allow-origin")), (200, None));

    // Three of the requests above, and the copy of the one that is mirrored.
    until("the copy arrived", async || (answered(&up).await == 4).then_some(())).await;
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn changes_are_put_to_use_while_it_serves() {
    let place = Place::new();
    place.write("routes/own.yaml", &document(TO_CATALOGUE));
    let up = place.up(&SETTING).await;
    let is = async |path: &str, status: u16| {
        until(path, async || (up.get(path).await.status == status).then_some(())).await;
    };
    is("/products", 200).await;

    // Another file, a file that is another one, one that is gone.
    place.write(
        "routes/more.yaml",
        &document(&TO_CATALOGUE.replace("/products", "/products/1")).replace("own", "more"),
    );
    is("/products/1", 200).await;
    place.write("routes/own.yaml", &document(&TO_CATALOGUE.replace("/products", "/products/2")));
    is("/products/2", 200).await;
    is("/products", 404).await;
    place.remove("routes/more.yaml");
    is("/products/1", 404).await;
    assert_eq!(up.get("/products/2").await.status, 200);

    // A service that did not stand in the documents before, and one that nobody knows.
    place.write("routes/stock.yaml", &document(&TO_STOCK.replace("8030", "8031")).replace("own", "stock"));
    is("/stocks", 500).await;
    place.write("routes/stock.yaml", &document(TO_STOCK).replace("own", "stock"));
    is("/stocks", 200).await;

    // What would leave nothing is not put to use.
    place.remove("routes/stock.yaml");
    is("/stocks", 404).await;
    place.write("routes/own.yaml", "spec: [\n");
    until("the change is refused", async || (refused(&up).await > 0).then_some(())).await;
    assert_eq!(up.get("/products/2").await.status, 200);
    let said = up.stop().await.errors;
    assert!(said.contains("the routes in use stay") && said.contains("routes/own.yaml:2:1"), "{said}");
}

/// How many changes were not put to use.
async fn refused(up: &Up) -> u64 {
    let metrics =
        Request::new("GET", "/metrics").bearer(&up.secret()).send(up.door("gateway/internal")).await;
    let text = metrics.text();
    let is_meant = |line: &&str| line.starts_with("gateway_route_changes_refused_total");
    let counts = text.lines().filter(is_meant).filter_map(|line| line.rsplit(' ').next());
    counts.filter_map(|count| count.parse::<u64>().ok()).sum()
}

#[tokio::test]
async fn a_route_to_nobody_is_refused_with_those_there_are() {
    let place = Place::new();
    place.write("routes/own.yaml", &document(&TO_CATALOGUE.replace("8020", "8021")));
    let refused = place.refused(&SETTING, &[]).await;
    assert!(refused.contains("catalogue:8021") && refused.contains("catalogue:8020"), "{refused}");
}

#[tokio::test]
async fn a_folder_of_routes_must_hold_some() {
    let place = Place::new();
    let refused = place.refused(&SETTING, &[]).await;
    assert!(refused.contains("gateway.routes: routes"), "{refused}");
    place.write("routes/README.md", "not a route");
    let refused = place.refused(&SETTING, &[]).await;
    assert!(refused.contains("gateway.routes: routes holds no .yaml file"), "{refused}");
}
