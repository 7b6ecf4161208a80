//! Policies at the program's door.

use tradewind_kernel::{Clock, Entropy, Id, Secret, Timestamp};
use tradewind_testkit::{Answer, Request, until};
use tradewind_token::{Claims, KeySet, SigningKey};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, refused, route};

/// A policy about the route `shop`, with this below `spec`.
pub fn policy(spec: &str) -> String {
    format!(
        "apiVersion: policy.tradewind.dev/v1\nkind: RoutePolicy\nmetadata: {{name: shop}}\nspec:\n  targetRefs: \
         [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop}}]\n{spec}"
    )
}

/// A policy about the port, with this below `spec`.
fn of_listener(spec: &str) -> String {
    format!(
        "apiVersion: policy.tradewind.dev/v1\nkind: ListenerPolicy\nmetadata: {{name: port}}\nspec:\n  targetRefs: \
         [{{group: gateway.networking.k8s.io, kind: Gateway, name: tradewind}}]\n{spec}"
    )
}

pub async fn guarded(backend: &Backend, policies: &[&str], arguments: &[&str]) -> Gateway {
    let route = route("shop", "/");
    let mut files = vec![("shop.yaml", route.as_str())];
    let names = ["one.yaml", "two.yaml"];
    files.extend(names.into_iter().zip(policies.iter().copied()));
    let given = format!("--backend=shop:80={}", backend.address);
    Gateway::start(&files, &[&[given.as_str()], arguments].concat()).await
}

#[tokio::test]
async fn a_limit_lets_so_many_through_and_says_what_is_left() {
    let backend = Backend::start("shop", Does::Answers).await;
    let limit = policy("  rateLimits: [{name: few, requests: 3, per: 1h, by: {type: Client}}]\n");
    let gateway = guarded(&backend, &[&limit], &[]).await;
    for left in ["2", "1", "0"] {
        let answer = gateway.get("/").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"few\";q=3;w=3600"));
        assert!(answer.header("ratelimit").unwrap().starts_with(&format!("\"few\";r={left};t=")));
    }
    let answer = gateway.get("/").await;
    refused(&answer, 429, "too-many-requests");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1_200).contains(&wait), "{wait}");
    assert_eq!(backend.received().len(), 3);
}

#[tokio::test]
async fn addresses_are_those_behind_trusted_proxies_only() {
    let backend = Backend::start("shop", Does::Answers).await;
    let access = policy("  access: {allow: [10.0.0.0/8], deny: [10.1.0.0/16]}\n");
    let from = |address: &str| Request::new("GET", "/").header("X-Forwarded-For", address);
    let gateway = guarded(&backend, &[&access], &[]).await;
    // Whoever writes the field by itself is not believed.
    refused(&from("10.2.0.1").send(gateway.address).await, 403, "forbidden");
    let trusting = of_listener("  trustedProxies: [127.0.0.0/8]\n");
    let gateway = guarded(&backend, &[&access, &trusting], &[]).await;
    for (forwarded, status) in [
        ("10.2.0.1", 200),
        ("10.1.0.1", 403),
        ("11.0.0.1", 403),
        ("10.2.0.1, 11.0.0.1", 403),
        ("11.0.0.1, 10.2.0.1", 200),
    ] {
        assert_eq!(from(forwarded).send(gateway.address).await.status, status, "{forwarded}");
    }
    let received = backend.received();
    assert_eq!(received.last().unwrap().values("x-forwarded-for"), ["11.0.0.1, 10.2.0.1, 127.0.0.1"]);
    refused(&gateway.get("/").await, 403, "forbidden");
}

/// An issuer of tokens.
pub struct Issuer {
    key: SigningKey,
}

impl Issuer {
    pub fn new() -> Self {
        Self { key: SigningKey::generate(&Entropy::system()).unwrap() }
    }

    pub fn keys(&self) -> String {
        KeySet::new([self.key.public().clone()]).to_json().to_string()
    }

    pub fn token(&self, audience: &str, roles: &[&str], seconds: i64) -> Secret {
        let now = Clock::system().now();
        let later = |seconds: i64| Timestamp::from_micros(now.as_micros() + seconds * 1_000_000);
        self.key.issue(&Claims {
            issuer: "https://issuer.example".to_owned(),
            audience: vec![audience.to_owned()],
            subject: "anna".to_owned(),
            client: "browser".to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            issued_at: later(-10),
            expires_at: later(seconds),
            id: Id::from_u128(7),
        })
    }

    fn policy(&self, more: &str) -> String {
        policy(&format!(
            "  jwt:\n    providers:\n    - name: issuer\n      issuer: https://issuer.example\n      audiences: [shop]\n      \
             jwks: {{inline: '{}'}}\n    claimToHeaders: [{{claim: sub, header: x-subject}}]\n{more}",
            self.keys()
        ))
    }
}

#[tokio::test]
async fn tokens_are_verified_and_their_claims_passed_on() {
    let (backend, issuer) = (Backend::start("shop", Does::Answers).await, Issuer::new());
    let wanted = issuer.policy("    authorization: {roles: [buyer]}\n");
    let gateway = guarded(&backend, &[&wanted], &[]).await;
    let ask = async |token: Option<&str>| -> Answer {
        let request = Request::new("GET", "/").header("X-Subject", "somebody-else");
        let request = token.into_iter().fold(request, Request::bearer);
        request.send(gateway.address).await
    };
    let none = ask(None).await;
    refused(&none, 401, "unauthenticated");
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    let good = issuer.token("shop", &["buyer"], 600);
    // The second time the verdict is remembered.
    for _ in 0..2 {
        assert_eq!(ask(Some(good.expose())).await.status, 200);
    }
    let other = Issuer::new().token("shop", &["buyer"], 600);
    for bad in [issuer.token("bank", &["buyer"], 600), issuer.token("shop", &["buyer"], -100), other] {
        let answer = ask(Some(bad.expose())).await;
        refused(&answer, 401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    refused(&ask(Some(issuer.token("shop", &["guest"], 600).expose())).await, 403, "forbidden");
    let received = backend.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.values("x-subject"), ["anna"], "what the client says of itself is taken away");
    }
}

#[tokio::test]
async fn headers_for_browsers_are_there_where_the_backend_has_none() {
    let own = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Frame-Options: DENY\r\n\r\nok";
    let backend = Backend::start("shop", Does::Says(own)).await;
    let gateway = guarded(&backend, &[], &[]).await;
    let answer = gateway.get("/").await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("referrer-policy"), Some("strict-origin-when-cross-origin"));
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused_before_it_is_read() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = guarded(&backend, &[&policy("  maxBodyBytes: 10\n")], &[]).await;
    let post = |length: usize| Request::new("POST", "/").body(vec![b'a'; length]);
    assert_eq!(post(10).send(gateway.address).await.status, 200);
    refused(&post(11).send(gateway.address).await, 413, "payload-too-large");
    assert_eq!(backend.received().len(), 1);
}

#[tokio::test]
async fn a_policy_with_a_mistake_closes_its_route_and_an_older_reading_goes_on() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = guarded(&backend, &[&policy("  maxBodyBytes: many\n")], &[]).await;
    refused(&gateway.get("/").await, 500, "internal");
    gateway.write("one.yaml", &policy("  access: {deny: [127.0.0.0/8]}\n"));
    let status = async |wanted: u16| {
        until("the change is in use", async || (gateway.get("/").await.status == wanted).then_some(())).await;
    };
    status(403).await;
    gateway.write("one.yaml", &policy("  access: {deny: [here]}\n"));
    until("the mistake is told", async || gateway.errors().contains("deny[0]").then_some(())).await;
    refused(&gateway.get("/").await, 403, "forbidden");
    gateway.write("one.yaml", &policy("  access: {}\n"));
    status(200).await;
}

#[tokio::test]
async fn each_request_has_a_line_of_json() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = guarded(&backend, &[], &["--access-log", "requests.log", "--threads", "1"]).await;
    let path = gateway.routes().with_file_name("requests.log");
    let request =
        Request::new("GET", "/a?secret=1").header("User-Agent", "a \"client\"").bearer("very-secret");
    assert_eq!(request.send(gateway.address).await.status, 200);
    assert_eq!(gateway.get("/%2f").await.status, 400);
    let lines = until("both lines are there", async || {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        (text.lines().count() == 2).then_some(text)
    })
    .await;
    assert!(!lines.contains("secret"), "{lines}");
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, second) = (&lines[0], &lines[1]);
    assert_eq!(
        (&first["method"], &first["path"], &first["status"]),
        (&"GET".into(), &"/a".into(), &200.into())
    );
    assert_eq!(first["upstream"], backend.address.to_string());
    assert_eq!(
        (&first["route"], &first["user_agent"]),
        (&"HTTPRoute default/shop".into(), &"a \"client\"".into())
    );
    assert_eq!((&second["status"], &second["refusal"]), (&400.into(), &"ambiguous-path".into()));
    assert!(second.get("upstream").is_none());
}
