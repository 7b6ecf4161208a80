//! What becomes of deliveries when an endpoint fails, is disabled, or when the shop ends in between.

use super::*;

#[tokio::test]
async fn a_delivery_is_given_up_after_so_many_attempts_and_the_next_of_its_key_goes_on() {
    let (fleet, receiver) = (shop(&["webhooks.attempts=3"]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[OPENED, COMPLETED]).await;
    receiver.answers(|message| if message.name() == "order-opened" { 400 } else { 200 });
    complete(&fleet, &ada(), "1").await;
    receiver.takes(1).await;
    let ended = |found: &[Delivery]| found.len() == 2 && found.iter().all(|each| each.ended_at.is_some());
    let log = deliveries(&fleet, HOOK, ended).await;
    let seen = |each: &Delivery| (each.state, each.attempts, each.status);
    assert_eq!(seen(&log[0]), (DeliveryState::Failed, 3, Some(400)));
    assert_eq!(seen(&log[1]), (DeliveryState::Delivered, 1, Some(200)));
    assert_eq!(log[0].answer.as_deref(), Some("heard it"), "without what forges lines");
    let names: Vec<String> = receiver.heard().iter().map(Heard::name).collect();
    assert_eq!(names, ["order-opened", "order-opened", "order-opened", "order-completed"]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_too_long_is_disabled_and_gets_everything_once_it_is_enabled() {
    let (fleet, receiver) = (shop(&["webhooks.disable_after=100ms"]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[OPENED, COMPLETED]).await;
    receiver.answers(|_| 500);
    complete(&fleet, &ada(), "1").await;
    let disabled = endpoint(&fleet, HOOK, |endpoint| endpoint.reason.is_some()).await;
    assert!(disabled.reason.unwrap().contains("Nothing has arrived"));
    let refused = webhooks(&fleet).ping(HOOK, "ping").await.unwrap_err();
    assert_eq!(refused.code(), "endpoint-disabled");
    // What happens meanwhile waits.
    complete(&fleet, &grace(), "2").await;
    let log = deliveries(&fleet, HOOK, |found| found.len() == 4).await;
    assert!(log.iter().all(|each| each.state == DeliveryState::Waiting), "{log:#?}");
    let attempts = receiver.heard().len();
    receiver.answers(|_| 200);
    webhooks(&fleet).set_enabled(HOOK, true).await.unwrap();
    receiver.takes(4).await;
    assert_eq!(receiver.heard().len(), attempts + 4);
    assert!(receiver.taken_by_key().values().all(|names| names == &["order-opened", "order-completed"]));
    let enabled = endpoint(&fleet, HOOK, |endpoint| endpoint.failing_since.is_none()).await;
    assert_eq!(enabled.reason, None);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_endpoint_that_wants_nothing_more_is_disabled_at_once() {
    let (fleet, receiver) = (shop(&[]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[LISTED]).await;
    receiver.answers(|_| 410);
    webhooks(&fleet).ping(HOOK, "ping").await.unwrap();
    let disabled = endpoint(&fleet, HOOK, |endpoint| endpoint.reason.is_some()).await;
    assert!(disabled.reason.unwrap().contains("410"));
    assert_eq!(receiver.heard().len(), 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (fleet, receiver) = (shop(&["webhooks.attempts=2"]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[LISTED]).await;
    receiver.answers(|_| 307);
    webhooks(&fleet).ping(HOOK, "ping").await.unwrap();
    let ended = |found: &[Delivery]| found.iter().any(|each| each.state == DeliveryState::Failed);
    let log = deliveries(&fleet, HOOK, ended).await;
    assert_eq!((log[0].status, receiver.heard().len()), (Some(307), 2));
    fleet.shutdown().await;
}

#[tokio::test]
async fn nothing_is_lost_when_the_shop_ends_in_between_and_nothing_is_sent_where_nobody_asked() {
    let (fleet, receiver) = (shop(&[]).await, Receiver::new());
    register(&fleet, HOOK, &receiver, &[OPENED, COMPLETED]).await;
    receiver.answers(|_| 503);
    complete(&fleet, &ada(), "1").await;
    receiver.hears("an attempt", |heard| !heard.is_empty()).await;
    let fleet = fleet.restart().await;
    complete(&fleet, &grace(), "2").await;
    receiver.answers(|_| 200);
    receiver.takes(4).await;
    assert!(receiver.taken_by_key().values().all(|names| names == &["order-opened", "order-completed"]));
    deliveries(&fleet, HOOK, |found| found.len() == 4 && all_delivered(found)).await;
    webhooks(&fleet).remove(HOOK).await.unwrap();
    complete(&fleet, &ada(), "1").await;
    assert_eq!(webhooks(&fleet).endpoints().await.unwrap().items, []);
    assert_eq!(receiver.taken().len(), 4);
    fleet.shutdown().await;
}
