//! The public events of a service, as other systems read them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tradewind_catalogue_contract::ListProduct;
use tradewind_events::{Prune, Recorded};
use tradewind_journeys::{Fleet, ada, staff};
use tradewind_kernel::{Context, Currency, Money, Principal};
use tradewind_testkit::{Answer, Request};

const CATALOGUE: &str = "/api/catalogue/v1/feed";
const ORDERS: &str = "/api/orders/v1/feed";

async fn read(fleet: &Fleet, target: &str) -> Answer {
    fleet.send(Request::new("GET", target).bearer(&staff())).await
}

/// Asks for what was read before.
async fn read_again(fleet: &Fleet, target: &str, before: &Answer) -> Answer {
    let tag = before.header("etag").unwrap();
    fleet.send(Request::new("GET", target).bearer(&staff()).header("If-None-Match", tag)).await
}

/// The links of an answer by their relation (RFC 8288).
fn links(answer: &Answer) -> BTreeMap<String, String> {
    let text = answer.header("link").unwrap();
    let link = |part: &str| {
        let (target, relation) = part.trim().split_once(">; rel=\"").unwrap();
        (relation.trim_end_matches('"').to_owned(), target.trim_start_matches('<').to_owned())
    };
    text.split(", ").map(link).collect()
}

fn ids(answer: &Answer) -> Vec<String> {
    let events = answer.json();
    events.as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

/// Lists products, one event each.
async fn list(fleet: &Fleet, from: u32, count: u32) {
    for number in from..from + count {
        let product = ListProduct {
            name: format!("Thing {number}"),
            description: String::new(),
            price: Money::from_minor(100, Currency::GBP),
            prices: Vec::new(),
        };
        let id = format!("thing-{number}").parse().unwrap();
        fleet.catalogue().list(&id, &product, &format!("list-{number}")).await.unwrap();
    }
}

#[tokio::test]
async fn the_feed_is_for_systems_and_staff_and_shows_what_is_public_only() {
    let fleet = Fleet::start_with(&["orders.cancellation_window=0s"]).await;
    fleet.order(&ada(), &[("1", 1)]).await;
    assert_eq!(fleet.send(Request::new("GET", ORDERS)).await.status, 401);
    let refused = fleet.send(Request::new("GET", ORDERS).bearer(&ada())).await;
    refused.refused(403, "forbidden").unwrap_or_else(|wrong| panic!("{wrong}"));
    let answer = read(&fleet, ORDERS).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/cloudevents-batch+json"));
    let public = ["opened", "completed", "rejected", "cancelled"]
        .map(|name| format!("tradewind.orders.order-{name}.v1"));
    let events = answer.json();
    assert!(!events.as_array().unwrap().is_empty());
    for event in events.as_array().unwrap() {
        assert!(public.contains(&event["type"].as_str().unwrap().to_owned()), "{event}");
        assert_eq!(
            (&event["specversion"], &event["source"]),
            (&Value::from("1.0"), &Value::from("/tradewind/orders"))
        );
    }
    // What nobody publishes has no feed.
    assert_eq!(read(&fleet, "/api/customers/v1/feed").await.status, 404);
    for target in [
        "/api/orders/v1/feed?page=-1",
        "/api/orders/v1/feed?page=x",
        "/api/orders/v1/feed?limit=3",
        "/api/orders/v1/feed?after=1",
        "/api/orders/v1/feed?page=0&after=200",
    ] {
        assert_eq!(read(&fleet, target).await.status, 400, "{target}");
    }
    assert_eq!(read(&fleet, "/api/orders/v1/feed?page=7").await.status, 404);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_reader_who_follows_the_links_gets_every_event_once_and_in_order() {
    let fleet = Fleet::start().await;
    list(&fleet, 0, 420).await;
    let mut target = links(&read(&fleet, CATALOGUE).await)["first"].clone();
    let (mut found, mut pages) = (Vec::new(), Vec::new());
    loop {
        let answer = read(&fleet, &target).await;
        found.extend(ids(&answer));
        let next = links(&answer).get("next").cloned();
        pages.push((target, answer));
        match next {
            Some(next) => target = next,
            None => break,
        }
    }
    let log: Vec<Recorded> = fleet.internal("catalogue").get("/events?after=0&limit=1000").await.unwrap();
    assert_eq!(found, log.iter().map(|each| each.event.id.to_string()).collect::<Vec<_>>());
    assert_eq!(pages.len(), 3);
    let (full, newest) = (&pages[0], &pages[2]);
    assert_eq!(full.1.header("cache-control"), Some("private, max-age=31536000, immutable"));
    assert_eq!(newest.1.header("cache-control"), Some("private, no-cache"));
    assert_eq!(links(&newest.1)["prev"], pages[1].0);
    let current = read(&fleet, CATALOGUE).await;
    assert_eq!((current.header("content-location"), ids(&current)), (Some(&*newest.0), ids(&newest.1)));
    // What is full stays as it is, whatever follows.
    list(&fleet, 500, 1).await;
    let again = read(&fleet, &full.0).await;
    assert_eq!((again.header("etag"), &again.body), (full.1.header("etag"), &full.1.body));
    let head = fleet.send(Request::new("HEAD", &full.0).bearer(&staff())).await;
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, full.1.header("etag"), 0));
    fleet.shutdown().await;
}

#[tokio::test]
async fn who_has_a_page_is_told_so_without_content() {
    let fleet = Fleet::start().await;
    list(&fleet, 0, 210).await;
    let full = format!("{CATALOGUE}?page=0");
    let before = read(&fleet, &full).await;
    let statements = fleet.database("catalogue").stats().statements;
    for _ in 0..100 {
        let unchanged = read_again(&fleet, &full, &before).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
        assert_eq!(unchanged.header("etag"), before.header("etag"));
        assert!(links(&unchanged).contains_key("next"));
    }
    let asked = fleet.database("catalogue").stats().statements - statements;
    assert!(asked < 100, "{asked} statements for 100 answers that say nothing");

    let newest = read(&fleet, CATALOGUE).await;
    let unchanged = read_again(&fleet, CATALOGUE, &newest).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    list(&fleet, 500, 1).await;
    let changed = read_again(&fleet, CATALOGUE, &newest).await;
    assert_eq!((changed.status, ids(&changed).len()), (200, ids(&newest).len() + 1));
    assert_ne!(changed.header("etag"), newest.header("etag"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_page_that_is_no_longer_kept_says_where_to_begin() {
    let fleet = Fleet::start().await;
    list(&fleet, 0, 210).await;
    fleet.quiet().await;
    // On a server a transaction that ran again has left a place empty: the pages hold as many places, not events.
    let whole = ids(&read(&fleet, &format!("{CATALOGUE}?page=0")).await).len();
    let before = read(&fleet, &format!("{CATALOGUE}?page=1")).await;
    assert_eq!(whole + ids(&before).len(), 215);
    assert!(whole > 100 && whole < 215, "{whole}");
    let db = fleet.database("catalogue");
    let context = Context::begin(
        Principal::Service("test".to_owned()),
        fleet.clock(),
        &tradewind_kernel::Entropy::seeded(1),
    );
    // Subscribers report once a minute; the ones here have seen it all.
    let prune = Prune { keep: Duration::ZERO, forget_after: Duration::ZERO };
    db.write(&context, prune).await.unwrap();
    let gone = read(&fleet, &format!("{CATALOGUE}?page=0")).await;
    let refusal = gone.refused(410, "events-pruned").unwrap_or_else(|wrong| panic!("{wrong}"));
    let (_, last) = refusal.detail.rsplit_once("after=").unwrap();
    let last: u64 = last.parse().unwrap();
    assert!((215..400).contains(&last), "{refusal:?}");
    let first = format!("/api/catalogue/v1/feed?page=1&after={last}");
    assert!(refusal.detail.ends_with(&first), "{refusal:?}");
    // Nobody is told in silence that there is less than there was; who has seen it all goes on.
    let gone = read(&fleet, &format!("{CATALOGUE}?page=1")).await;
    gone.refused(410, "events-pruned").unwrap_or_else(|wrong| panic!("{wrong}"));
    let newest = read_again(&fleet, &format!("{CATALOGUE}?page=1"), &before).await;
    assert_eq!((newest.status, ids(&newest).len()), (200, 0));
    list(&fleet, 500, 1).await;
    for target in [first, CATALOGUE.to_owned()] {
        assert_eq!(ids(&read(&fleet, &target).await).len(), 1, "{target}");
    }
    assert_eq!(ids(&read_again(&fleet, &format!("{CATALOGUE}?page=1"), &newest).await).len(), 1);
    fleet.leave().await;
}
