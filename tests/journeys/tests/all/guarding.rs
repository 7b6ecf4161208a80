//! What policies among the gateway's documents ask for holds at the door of the shop.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tradewind_journeys::{Fleet, Person};
use tradewind_testkit::{Answer, Folder, Request, until};

/// A folder of documents that are added to those of the shop.
struct Documents(Folder);

impl Documents {
    /// With a way to the goods below `/<name>`, and these below `spec` of a policy about it.
    fn new(guarded: &[(&str, &str)]) -> Self {
        let documents = Self(Folder::new("guarding"));
        let ways = guarded.iter().map(|(name, policy)| way(name) + &about(name, policy));
        documents.write("ways.yaml", &ways.collect::<String>());
        documents
    }

    fn write(&self, name: &str, text: &str) {
        let (new, path) = (self.0.path().join(format!(".{name}")), self.0.path().join(name));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    fn setting(&self) -> String {
        format!("gateway.more_routes={}", self.0.path().display())
    }

    async fn shop(&self) -> Fleet {
        Fleet::start_with(&[&self.setting()]).await
    }
}

fn way(name: &str) -> String {
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec:\n  \
         parentRefs: [{{name: tradewind}}]\n  rules:\n  - matches: [{{path: {{type: PathPrefix, value: /{name}}}}}]\n    \
         filters: [{{type: URLRewrite, urlRewrite: {{path: {{type: ReplacePrefixMatch, replacePrefixMatch: \
         /api/catalogue/v1}}}}}}]\n    backendRefs: [{{name: catalogue, port: 8020}}]\n"
    )
}

fn about(name: &str, policy: &str) -> String {
    format!(
        "---\napiVersion: policy.tradewind.dev/v1\nkind: RoutePolicy\nmetadata: {{name: {name}}}\nspec:\n  targetRefs: \
         [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: {name}}}]\n{policy}\n"
    )
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert!(!answer.refusal(status, code).detail.is_empty());
}

async fn goods(fleet: &Fleet, name: &str) -> Answer {
    fleet.send(Request::new("GET", &format!("/{name}/products"))).await
}

#[tokio::test]
async fn limits_addresses_and_headers_hold_at_the_door_of_the_shop() {
    let documents = Documents::new(&[
        ("limited", "  rateLimits: [{name: few, requests: 2, per: 1h, by: {type: Client}}]"),
        ("closed", "  access: {deny: [127.0.0.0/8]}"),
        ("elsewhere", "  access: {allow: [192.0.2.0/24]}"),
        (
            "open",
            "  access: {allow: [127.0.0.0/8]}\n  securityHeaders: {contentSecurityPolicy: \"default-src 'self'\"}",
        ),
    ]);
    let fleet = documents.shop().await;
    for left in ["1", "0"] {
        let answer = goods(&fleet, "limited").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let said = answer.header("ratelimit").unwrap();
        assert!(said.contains(&format!("r={left}")), "{said}");
    }
    let beyond = goods(&fleet, "limited").await;
    refused(&beyond, 429, "too-many-requests");
    assert!(beyond.json()["traceId"].is_string(), "it can be found in the traces");
    assert!(beyond.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    for name in ["closed", "elsewhere"] {
        refused(&goods(&fleet, name).await, 403, "forbidden");
    }
    let open = goods(&fleet, "open").await;
    assert_eq!(open.status, 200);
    assert_eq!(open.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(open.header("x-content-type-options"), Some("nosniff"));
    let usual = fleet.send(Request::new("GET", "/api/catalogue/v1/products")).await;
    assert_eq!(usual.json(), open.json(), "what nobody guards goes on as before");
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_example_of_the_guide_holds() {
    const GUIDE: &str = include_str!("../../../../docs/guides/gateway.md");
    let (_, of_fleets) = GUIDE.split_once("\n## In a fleet").unwrap();
    let example = of_fleets.split("```").nth(1).and_then(|block| block.strip_prefix("yaml\n")).unwrap();
    let documents = Documents::new(&[]);
    documents.write("ways.yaml", example);
    let fleet = documents.shop().await;
    let ask = || fleet.send(Request::new("GET", "/api/orders/v1/orders"));
    for _ in 0..20 {
        assert_eq!(ask().await.status, 401, "orders are for those who say who they are");
    }
    refused(&ask().await, 429, "too-many-requests");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_way_that_wants_tokens_takes_those_of_the_shop_and_no_others() {
    let documents = Documents::new(&[("guarded", "  rateLimits: []")]);
    let fleet = documents.shop().await;
    let person = Person::register(&fleet, "Barbara").await;
    let good = person.signed_in(&fleet).await.access_token;
    assert_eq!(goods(&fleet, "guarded").await.status, 200, "nobody has asked for a token yet");
    documents.write("ways.yaml", &(way("guarded") + &about("guarded", &wanted(fleet.gateway()))));
    let none = until("a token is asked for", async || {
        let answer = goods(&fleet, "guarded").await;
        (answer.status == 401).then_some(answer)
    })
    .await;
    refused(&none, 401, "unauthenticated");
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    let ask = async |token: &str| {
        let request = Request::new("GET", "/guarded/products").header("X-Subject", "somebody-else");
        request.bearer(token).send(fleet.gateway()).await
    };
    // The keys are fetched beside the way of requests.
    until("the keys are there", async || (ask(good.expose()).await.status == 200).then_some(())).await;
    let (rest, _) = good.expose().rsplit_once('.').unwrap();
    let forged = ask(&format!("{rest}.{}", "A".repeat(86))).await;
    refused(&forged, 401, "unauthenticated");
    assert_eq!(forged.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    fleet.shutdown().await;
}

/// Tokens of the shop, whose keys are asked for at its door.
fn wanted(gateway: SocketAddr) -> String {
    format!(
        "  jwt:\n    providers:\n    - name: shop\n      issuer: http://localhost:8080\n      audiences: [tradewind]\n      \
         jwks: {{uri: 'http://{gateway}/.well-known/jwks.json'}}\n    claimToHeaders: [{{claim: sub, header: x-subject}}]"
    )
}

#[tokio::test]
async fn bodies_are_bounded_and_answers_compressed() {
    let documents = Documents::new(&[(
        "small",
        "  maxBodyBytes: 8\n  compression: {algorithms: [Gzip], minBytes: 1, contentTypes: [application/json]}",
    )]);
    documents.write("accounts.yaml", &about("accounts", "  maxBodyBytes: 8"));
    let fleet = documents.shop().await;
    let send = async |request: Request| request.send(fleet.gateway()).await;
    // Of this length nothing is said beforehand.
    let streamed = Request::new("POST", "/api/identity/v1/accounts").json("{\"name\":\"Ada\"}").chunked();
    refused(&send(streamed).await, 413, "payload-too-large");
    let post = |body: &str| Request::new("POST", "/small/products").json(body);
    refused(&send(post("123456789")).await, 413, "payload-too-large");
    let short = send(post("12345678")).await;
    assert!(short.status != 413 && short.status < 500, "{}", short.text());
    let plain = goods(&fleet, "small").await;
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    let request = Request::new("GET", "/small/products").header("Accept-Encoding", "gzip");
    let packed = send(request).await;
    assert_eq!((packed.status, packed.header("content-encoding")), (200, Some("gzip")));
    assert_eq!(packed.header("content-length"), None);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_policy_with_a_mistake_closes_its_way_and_no_other() {
    let documents =
        Documents::new(&[("broken", "  rateLimits: [{name: few, requests: -2}]"), ("other", "  access: {}")]);
    let fleet = documents.shop().await;
    refused(&goods(&fleet, "broken").await, 500, "internal");
    assert_eq!(goods(&fleet, "other").await.status, 200);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn limits_hold_in_simulated_time() {
    let documents = Documents::new(&[(
        "limited",
        "  rateLimits: [{name: few, requests: 2, per: 1h, by: {type: Route}}]",
    )]);
    let fleet = Fleet::simulated(7, &[&documents.setting()]).await;
    let door = fleet.stranger("gateway/data-plane");
    let ask = async || door.get::<Value>("/limited/products").await;
    ask().await.unwrap();
    ask().await.unwrap();
    assert_eq!(ask().await.unwrap_err().status(), 429);
    fleet.pass(Duration::from_secs(3_600)).await;
    fleet.stranger("gateway/data-plane").get::<Value>("/limited/products").await.unwrap();
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_door_that_is_to_have_tls_is_not_opened_in_clear() {
    let documents = Documents::new(&[("open", "  access: {}")]);
    documents.write(
        "gateway.yaml",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: tradewind}\nspec:\n  gatewayClassName: \
         tradewind\n  listeners: [{name: https, port: 8080, protocol: HTTPS, tls: {certificateRefs: [{name: shop}]}}]\n",
    );
    let refused = Fleet::refused_with(&documents.setting()).await.to_string();
    assert!(
        refused.contains("gateway.yaml:6:") && refused.contains("spec.listeners[0].protocol"),
        "{refused}"
    );
}
