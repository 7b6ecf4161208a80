//! Values that somebody could think of, in every field, every address and every query: each is refused as a problem that
//! says what to change, or is taken for the text or the number that it is. Nothing breaks.

use serde_json::{Value, json};
use tradewind_testkit::Answer;

use super::bodies::{pointers, with};
use super::routes::{Query, Route};
use super::world::{Draft, World, route, routes};

const TEXTS: [&str; 13] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; drop table orders; --",
    "\u{1f600}\u{1f469}\u{200d}\u{1f467}",
    "\u{645}\u{631}\u{62d}\u{628}\u{627}",
    "abc\u{202e}fdp.exe\u{2066}",
    "a\0b",
    "a\r\nSet-Cookie: a=b",
    "../../../etc/passwd",
    "//evil.example/",
    "-1",
    "Infinity",
    "2026-02-30T25:61:00Z",
];

/// What JSON can say of numbers; what it cannot is in `bodies`.
const NUMBERS: [&str; 7] =
    ["-1", "0.5", "-0.0", "1e18", "9223372036854775807", "99999999999999999999", "-99999999999999999999"];

/// As it stands in an address.
const ADDRESSES: [&str; 9] = [
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e",
    "a%00b",
    "%FF%FE",
    "%C0%AE%C0%AE%C0%AF",
    "%E2%80%AEfdp",
    "a%0D%0ASet-Cookie:%20a=b",
    "%F0%9F%98%80",
];

/// Makes sure that whoever sent this learns what they need, and nothing else.
fn is_a_fair_answer(answer: &Answer, what: &str) {
    let text = answer.text();
    assert!((200..500).contains(&answer.status), "{what}: {} {text}", answer.status);
    assert_eq!(answer.header("set-cookie"), None, "{what}");
    if answer.status < 400 {
        return;
    }
    let leaks = ["tradewind_", ".rs:", "sqlite", "postgres", "sqlx", "panicked"];
    assert_eq!(leaks.iter().find(|leak| text.contains(**leak)), None, "{what}: {text}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}: {text}");
    let problem = answer.json();
    assert_eq!(problem["status"], u64::from(answer.status), "{what}: {text}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 8), "{what}: {text}");
}

async fn sent(world: &World, route: &Route, draft: &Draft, what: &str) {
    let mut draft = draft.clone();
    draft.key = draft.key.map(|_| world.key());
    let answer = draft.request().send(*world.doors(route).last().unwrap()).await;
    is_a_fair_answer(&answer, &format!("{} {} {what}", route.method, draft.target));
}

async fn in_bodies(world: &World, route: &Route) {
    let Some(good) = world.good(route).body else { return };
    let good = String::from_utf8(good).unwrap();
    let document: Value = serde_json::from_str(&good).unwrap();
    for pointer in pointers(&document) {
        let values: Vec<String> = match document.pointer(&pointer).unwrap() {
            Value::String(_) => {
                let texts = TEXTS.iter().map(|text| json!(text).to_string());
                texts.chain([json!("x".repeat(20_000)).to_string(), "\"\\ud800\"".to_owned()]).collect()
            }
            Value::Number(_) => NUMBERS.iter().map(|&number| number.to_owned()).collect(),
            _ => Vec::new(),
        };
        for value in values {
            let body = with(&good, &pointer, json!("HERE")).replace("\"HERE\"", &value);
            let draft = world.good(route).with_body(body);
            sent(world, route, &draft, &format!("{pointer} {value:.60}")).await;
        }
    }
}

async fn in_addresses(world: &World, route: &Route) {
    if route.has_parameter() {
        for name in ADDRESSES {
            let draft = Draft { target: route.at(name), ..world.good(route) };
            sent(world, route, &draft, "").await;
        }
    }
    if route.query == Query::Page {
        for query in
            ["limit=Infinity", "limit=%FF", "limit=%00", "after=%00", "after=%FF%FE", "after=%3Cb%3E"]
        {
            sent(world, route, &world.good(route).with_query(query), "").await;
        }
    }
}

#[tokio::test]
async fn whatever_is_sent_is_refused_in_words_or_taken_for_what_it_is() {
    if tradewind_journeys::has_broker() {
        // How values are kept is another thing on each engine, and the same with and without a broker.
        return;
    }
    let world = World::new().await;
    for route in routes(|_| true) {
        in_bodies(&world, route).await;
        in_addresses(&world, route).await;
    }
    let search = route("GET", "/api/catalogue/v1/search");
    for parameter in
        ["q", "category", "attribute", "priceMin", "priceMax", "inStock", "sort", "locale", "currency"]
    {
        for value in ADDRESSES.iter().chain(&["-1", "0.5", "Infinity", "99999999999999999999"]) {
            let draft = world.good(search).with_query(&format!("{parameter}={value}"));
            sent(&world, search, &draft, "").await;
        }
    }
    world.end().await;
}
