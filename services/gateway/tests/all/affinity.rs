//! Requests that belong to one endpoint, and endpoints that are new.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_testkit::{Answer, Request, until};

use crate::backend::Does;
use crate::fleet::Fleet;
use crate::gateway::{folder_of, start};

fn from(name: &str, value: &str) -> Request {
    Request::new("GET", "/").header(name, value)
}

/// Who answers each of many keys.
async fn answered(fleet: &Fleet, name: &str, value: &dyn Fn(usize) -> String) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for key in 0..60 {
        found.insert(key, fleet.asked(from(name, &value(key))).await);
    }
    found
}

/// That the answers to keys are those of before but where an endpoint left or joined; how many have moved.
fn moved(before: &BTreeMap<usize, String>, after: &BTreeMap<usize, String>, who: &str) -> usize {
    let others = before.iter().filter(|(key, name)| after[key] != **name);
    others
        .inspect(|(key, name)| {
            assert!(*name == who || after[key] == who, "{key} went from {name} to {}", after[key]);
        })
        .count()
}

async fn keeps(policy: &str, name: &str, value: &dyn Fn(usize) -> String) {
    let policy = format!("  loadBalancer: {{type: ConsistentHash, consistentHash: {policy}}}\n");
    let mut fleet = Fleet::start(3, &policy, &["--threads", "2"]).await;
    let trusting = "apiVersion: policy.tradewind.dev/v1\nkind: ListenerPolicy\nmetadata: {name: port}\nspec:\n  \
                    targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: tradewind}]\n  \
                    trustedProxies: [127.0.0.0/8]\n";
    fleet.gateway.write("port.yaml", trusting);
    // All documents change at once.
    fleet.join("3").await;
    let first = answered(&fleet, name, value).await;
    for backend in ["0", "1", "2", "3"] {
        let share = first.values().filter(|name| *name == backend).count();
        assert!((5..=30).contains(&share), "{share} of 60 go to {backend}");
    }
    assert_eq!(answered(&fleet, name, value).await, first);
    fleet.join("4").await;
    let second = answered(&fleet, name, value).await;
    assert!((4..=25).contains(&moved(&first, &second, "4")));
    let _left = fleet.leave("1").await;
    let third = answered(&fleet, name, value).await;
    assert!((4..=30).contains(&moved(&second, &third, "1")));
}

#[tokio::test]
async fn a_hash_of_a_header_keeps_it_at_its_endpoint_while_others_come_and_go() {
    keeps("{type: Header, name: x-user}", "X-User", &|key| format!("user {key}")).await;
}

#[tokio::test]
async fn a_hash_of_a_cookie_keeps_it_at_its_endpoint_while_others_come_and_go() {
    keeps("{type: Cookie, name: cart}", "Cookie", &|key| format!("a=1; cart={key}; b={}", key / 7)).await;
}

#[tokio::test]
async fn a_hash_of_the_client_keeps_it_at_its_endpoint_while_others_come_and_go() {
    keeps("{type: Client}", "X-Forwarded-For", &|key| format!("192.0.2.{key}")).await;
}

#[tokio::test]
async fn an_endpoint_of_a_key_that_fails_is_stood_in_for() {
    let policy = "  loadBalancer: {type: ConsistentHash, consistentHash: {type: Header, name: x-user}}\n";
    let fleet = Fleet::start(3, policy, &[]).await;
    let at = fleet.asked(from("X-User", "anna")).await;
    fleet.backends[&at].now(Does::Closes);
    for _ in 0..20 {
        assert_ne!(fleet.asked(from("X-User", "anna")).await, at);
    }
    // Without the header there is no key.
    let mut found = BTreeSet::new();
    until("both others are asked", async || {
        found.insert(fleet.asked(Request::new("GET", "/")).await);
        (found.len() == 2).then_some(())
    })
    .await;
    assert!(!found.contains(&at));
}

const SESSION: &str = "  sessionPersistence: {sessionName: at, absoluteTimeout: 1h}\n";

/// The value of the cookie that an answer sets.
fn cookie(answer: &Answer) -> Option<String> {
    let (value, attributes) = answer.header("set-cookie")?.strip_prefix("at=")?.split_once("; ")?;
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=3600");
    Some(value.to_owned())
}

async fn with(fleet: &Fleet, value: &str) -> Answer {
    from("Cookie", &format!("theme=dark; at={value}")).send(fleet.gateway.address).await
}

#[tokio::test]
async fn a_cookie_keeps_a_client_at_its_endpoint_also_when_documents_change() {
    let mut fleet = Fleet::start(3, SESSION, &["--threads", "2"]).await;
    let first = fleet.gateway.get("/").await;
    let value = cookie(&first).unwrap();
    let stays = async |fleet: &Fleet| {
        for _ in 0..20 {
            let answer = with(fleet, &value).await;
            assert_eq!((answer.text(), cookie(&answer)), (first.text(), None));
        }
    };
    stays(&fleet).await;
    // Another endpoint, and another policy, which has the connections made anew.
    fleet
        .gateway
        .write("policy.yaml", &crate::fleet::of_backend(&format!("{SESSION}  slowStart: {{window: 1s}}\n")));
    fleet.join("3").await;
    stays(&fleet).await;
    let left = fleet.leave(&first.text()).await;
    let moved = with(&fleet, &value).await;
    assert_ne!(moved.text(), first.text());
    let both = cookie(&moved).unwrap();
    assert_eq!(with(&fleet, &both).await.text(), moved.text());
    // Who had to move stays, also when the endpoint of before comes back.
    fleet.backends.insert(first.text(), left);
    fleet.tell().await;
    for _ in 0..10 {
        assert_eq!(with(&fleet, &both).await.text(), moved.text());
    }
}

#[tokio::test]
async fn a_cookie_that_somebody_made_up_leads_nowhere() {
    let fleet = Fleet::start(3, SESSION, &[]).await;
    let elsewhere = crate::backend::Backend::start("elsewhere", Does::Answers).await;
    let value = cookie(&fleet.gateway.get("/").await).unwrap();
    let mut other = value.clone();
    other.replace_range(..1, if value.starts_with('A') { "B" } else { "A" });
    for made_up in [
        elsewhere.address.to_string(),
        fleet.backends["0"].address.to_string(),
        other,
        value.to_lowercase() + "x",
        "a".repeat(5_000),
        "\"; Domain=example".to_owned(),
        String::new(),
    ] {
        let answer = with(&fleet, &made_up).await;
        assert_eq!(answer.status, 200);
        let given = cookie(&answer).unwrap();
        assert_eq!(given.split('.').next().unwrap().len(), 16, "{made_up} gives {given}");
        let at = with(&fleet, &given).await;
        assert_eq!((at.text(), cookie(&at)), (answer.text(), None));
    }
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_cookie_of_the_backend_stays_beside_that_of_the_gateway() {
    let fleet = Fleet::start(1, SESSION, &[]).await;
    fleet.backends["0"].now(Does::Says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: own=1\r\n\r\n"));
    let answer = fleet.gateway.get("/").await;
    let cookies: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(cookies[0] == "own=1" && cookies[1].starts_with("at="), "{cookies:?}");
}

#[tokio::test]
async fn a_key_of_sessions_makes_their_names_others() {
    let folder = folder_of(&[("route.yaml", &crate::gateway::route("shop", "/"))]);
    let short = folder.path().join("short");
    std::fs::write(&short, "too short\n").unwrap();
    let option = format!("--session-key={}", short.display());
    let ended = start(&folder, &["--port", "0", &option]).ended().await;
    assert!(ended.errors.contains("a secret has 16 bytes at least"), "{}", ended.errors);
    let long = folder.path().join("long");
    std::fs::write(&long, "0123456789abcdef\n").unwrap();
    let option = format!("--session-key={}", long.display());
    let keyed = Fleet::start(1, SESSION, &[&option]).await;
    let value = cookie(&keyed.gateway.get("/").await).unwrap();
    let open = crate::gateway::Gateway::start(
        &[
            ("route.yaml", &crate::gateway::route("shop", "/")),
            ("policy.yaml", &crate::fleet::of_backend(SESSION)),
        ],
        &[&format!("--backend=shop:80={}", keyed.backends["0"].address)],
    )
    .await;
    assert_ne!(cookie(&open.get("/").await).unwrap(), value);
}

#[tokio::test]
async fn an_endpoint_that_joins_gets_its_share_little_by_little() {
    let shares = async |fleet: &Fleet, requests: usize| {
        let before = fleet.backends["2"].received().len();
        for _ in 0..requests {
            fleet.asked(Request::new("GET", "/")).await;
        }
        fleet.backends["2"].received().len() - before
    };
    // So long that a busy machine does not get to its end.
    let mut fleet = Fleet::start(2, "  slowStart: {window: 10m}\n", &["--threads", "1"]).await;
    fleet.asked(Request::new("GET", "/")).await;
    fleet.join("2").await;
    let cold = shares(&fleet, 400).await;
    assert!((1..=80).contains(&cold), "{cold} of 400 go to the new one");
    // At once, where the policy says so.
    let mut fleet = Fleet::start(2, "  slowStart: {window: 0s}\n", &["--threads", "1"]).await;
    fleet.asked(Request::new("GET", "/")).await;
    fleet.join("2").await;
    until("it has its share", async || (shares(&fleet, 100).await >= 25).then_some(())).await;
}
