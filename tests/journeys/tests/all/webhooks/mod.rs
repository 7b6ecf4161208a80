//! Events at the addresses of other systems: signed, in order, until they are taken.

mod endings;
mod receiver;
mod refusals;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tradewind_journeys::{Fleet, ada, grace, staff};
use tradewind_kernel::{Id, Timestamp};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::LIMIT;
use tradewind_webhooks_contract::{
    Delivery, DeliveryState, Endpoint, RegisterEndpoint, Replay, WebhooksClient,
};

use self::receiver::{Heard, Receiver};

const OPENED: &str = "tradewind.orders.order-opened.v1";
const COMPLETED: &str = "tradewind.orders.order-completed.v1";
const BOOKED: &str = "tradewind.shipping.shipment-booked.v1";
const LISTED: &str = "tradewind.catalogue.product-listed.v1";

const HOOK: Id = Id::from_u128(0x1001);

/// A shop whose orders are fulfilled at once, and which sends to loopback, soon again.
async fn shop(more: &[&str]) -> Fleet {
    let usual = [
        "orders.cancellation_window=0s",
        "shipping.pretend_carrier.handed_over=0s",
        "webhooks.allow_private=true",
        "webhooks.first_pause=50ms",
        "webhooks.longest_pause=200ms",
    ];
    let settings: Vec<&str> = usual.iter().chain(more).copied().collect();
    Fleet::start_with(&settings).await
}

fn webhooks(fleet: &Fleet) -> WebhooksClient {
    WebhooksClient::new(fleet.caller("gateway/data-plane", &staff()))
}

fn wish(url: &str, types: &[&str]) -> RegisterEndpoint {
    let types = types.iter().map(|&kind| kind.to_owned()).collect();
    RegisterEndpoint { url: url.to_owned(), types, about: "a test".to_owned() }
}

/// Registers the receiver; gives its secret.
async fn register(fleet: &Fleet, id: Id, receiver: &Receiver, types: &[&str]) -> String {
    let registered = webhooks(fleet).register(id, &wish(&receiver.url(), types)).await.unwrap();
    registered.secret.unwrap()
}

/// Waits until an endpoint is as it is wanted.
async fn endpoint(fleet: &Fleet, id: Id, is_there: impl Fn(&Endpoint) -> bool) -> Endpoint {
    let until = fleet.clock().monotonic() + LIMIT;
    loop {
        let endpoint = webhooks(fleet).endpoint(id).await.unwrap();
        if is_there(&endpoint) {
            return endpoint;
        }
        assert!(fleet.clock().monotonic() < until, "{endpoint:?}");
        fleet.clock().sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the deliveries of an endpoint are as they are wanted; the oldest first.
async fn deliveries(fleet: &Fleet, id: Id, is_there: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
    let until = fleet.clock().monotonic() + LIMIT;
    loop {
        let mut found = webhooks(fleet).deliveries(id).await.unwrap().items;
        found.reverse();
        if is_there(&found) {
            return found;
        }
        assert!(fleet.clock().monotonic() < until, "{found:#?}");
        fleet.clock().sleep(Duration::from_millis(10)).await;
    }
}

fn all_delivered(found: &[Delivery]) -> bool {
    found.iter().all(|each| each.state == DeliveryState::Delivered)
}

async fn complete(fleet: &Fleet, token: &str, product: &str) -> String {
    let order = fleet.order(token, &[(product, 1)]).await;
    fleet.comes_to(token, order.id, |order| order.state == OrderState::Completed).await;
    format!("order-{}", order.id)
}

#[tokio::test]
async fn events_arrive_once_signed_and_those_of_an_order_in_their_sequence() {
    let (fleet, receiver) = (shop(&[]).await, Receiver::new());
    let secret = register(&fleet, HOOK, &receiver, &[OPENED, COMPLETED, BOOKED]).await;
    let keys = [complete(&fleet, &ada(), "1").await, complete(&fleet, &grace(), "2").await];
    let heard = receiver.takes(6).await;
    let ids: BTreeSet<&str> = heard.iter().map(|message| message.id.as_str()).collect();
    assert_eq!((heard.len(), ids.len()), (6, 6));
    let now = fleet.clock().now().as_micros() / 1_000_000;
    for message in &heard {
        assert!(message.is_signed_with(&secret), "{message:?}");
        assert_eq!(message.media_type, "application/cloudevents+json");
        assert_eq!(message.event()["id"], message.id.as_str());
        assert!((now - 60..=now).contains(&message.seconds), "{message:?}");
        let changed = Heard { body: message.body[1..].to_vec(), ..message.clone() };
        assert!(!changed.is_signed_with(&secret));
    }
    for key in keys {
        let names = receiver.taken_by_key().remove(&key).unwrap();
        let of_order: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| name.starts_with("order")).collect();
        assert_eq!(of_order, ["order-opened", "order-completed"], "{key}");
        assert!(names.contains(&"shipment-booked".to_owned()), "{key}: {names:?}");
    }
    let log = deliveries(&fleet, HOOK, |found| found.len() == 6 && all_delivered(found)).await;
    assert!(log.iter().all(|each| each.attempts == 1 && each.status == Some(204)), "{log:#?}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_not_taken_comes_again_under_its_id_and_holds_back_its_own_order_only() {
    let (fleet, receiver) = (shop(&[]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[OPENED, COMPLETED]).await;
    // The first message that arrives is refused until the other order has gone through.
    let first: std::sync::Arc<std::sync::Mutex<Option<String>>> = std::sync::Arc::default();
    let taken_of_others = std::sync::Arc::new(AtomicU32::new(0));
    let counted = taken_of_others.clone();
    receiver.answers(move |message| {
        let mut first = first.lock().unwrap();
        if *first.get_or_insert_with(|| message.key()) != message.key() {
            counted.fetch_add(1, Ordering::SeqCst);
            return 200;
        }
        if counted.load(Ordering::SeqCst) < 2 { 503 } else { 200 }
    });
    let held = complete(&fleet, &ada(), "1").await;
    let other = complete(&fleet, &grace(), "2").await;
    let taken = receiver.takes(4).await;
    let keys: Vec<String> = taken.iter().map(Heard::key).collect();
    assert_eq!(keys, [other.clone(), other, held.clone(), held.clone()]);
    let heard = receiver.heard();
    let refused: BTreeSet<String> =
        heard.iter().filter(|message| message.status == 503).map(|message| message.id.clone()).collect();
    assert_eq!(refused.len(), 1, "what follows waits for the first");
    assert!(taken.iter().any(|message| refused.contains(&message.id)), "it came again under its id");
    assert_eq!(receiver.taken_by_key()[&held], ["order-opened", "order-completed"]);
    let log = deliveries(&fleet, HOOK, all_delivered).await;
    assert!(log.iter().any(|each| each.attempts > 1));
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_was_delivered_is_replayed_under_the_same_id_one_or_all_since_a_time() {
    let (fleet, receiver) = (shop(&[]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[OPENED, COMPLETED]).await;
    complete(&fleet, &ada(), "1").await;
    let first = receiver.takes(2).await;
    let log = deliveries(&fleet, HOOK, |found| found.len() == 2 && all_delivered(found)).await;
    let one = Replay { event_id: Some(log[0].event_id), from: None };
    assert_eq!(webhooks(&fleet).replay(HOOK, &one, "one").await.unwrap().deliveries, 1);
    let heard = receiver.takes(3).await;
    assert_eq!((&heard[2].id, &heard[2].body), (&first[0].id, &first[0].body));
    deliveries(&fleet, HOOK, all_delivered).await;
    let all = Replay { event_id: None, from: Some(Timestamp::from_micros(0)) };
    let replayed = webhooks(&fleet).replay(HOOK, &all, "all").await.unwrap();
    assert_eq!((replayed.deliveries, replayed.more_from), (2, None));
    let heard = receiver.takes(5).await;
    let ids = |messages: &[Heard]| messages.iter().map(|message| message.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&heard[3..]), ids(&first), "again in their sequence");
    // Nothing is replayed that happened before the time.
    let later = Replay { event_id: None, from: Some(fleet.clock().now()) };
    deliveries(&fleet, HOOK, all_delivered).await;
    assert_eq!(webhooks(&fleet).replay(HOOK, &later, "later").await.unwrap().deliveries, 0);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_ping_arrives_at_its_endpoint_only() {
    let (fleet, one, other) = (shop(&[]).await, Receiver::new(), Receiver::new());
    let secret = register(&fleet, HOOK, &one, &[LISTED]).await;
    register(&fleet, Id::from_u128(0x1002), &other, &[LISTED]).await;
    let pinged = webhooks(&fleet).ping(HOOK, "ping").await.unwrap();
    let heard = one.takes(1).await;
    assert_eq!((heard[0].id.clone(), heard[0].name()), (pinged.event_id.to_string(), "ping".to_owned()));
    assert!(heard[0].is_signed_with(&secret));
    assert!(other.heard().is_empty());
    fleet.shutdown().await;
}

#[tokio::test]
async fn old_secrets_sign_beside_a_new_one_for_a_while() {
    let (fleet, receiver) = (shop(&["webhooks.overlap=1h"]).await, Receiver::new());
    let old = register(&fleet, HOOK, &receiver, &[LISTED]).await;
    let again = webhooks(&fleet).register(HOOK, &wish(&receiver.url(), &[LISTED])).await.unwrap();
    assert_eq!(again.secret, None, "a secret is shown once");
    let rotation = Id::from_u128(0x2001);
    let new = webhooks(&fleet).rotate(HOOK, rotation).await.unwrap().secret.unwrap();
    assert_eq!(webhooks(&fleet).rotate(HOOK, rotation).await.unwrap().secret, None);
    assert_ne!(old, new);
    webhooks(&fleet).ping(HOOK, "both").await.unwrap();
    let heard = receiver.takes(1).await;
    assert!(heard[0].is_signed_with(&old) && heard[0].is_signed_with(&new));
    assert_eq!(heard[0].signatures.split(' ').count(), 2);
    fleet.shutdown().await;

    let (fleet, receiver) = (shop(&["webhooks.overlap=0s"]).await, Receiver::new());
    let old = register(&fleet, HOOK, &receiver, &[LISTED]).await;
    let new = webhooks(&fleet).rotate(HOOK, rotation).await.unwrap().secret.unwrap();
    webhooks(&fleet).ping(HOOK, "new").await.unwrap();
    let heard = receiver.takes(1).await;
    assert!(heard[0].is_signed_with(&new) && !heard[0].is_signed_with(&old));
    fleet.shutdown().await;
}
