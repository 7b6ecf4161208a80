//! What holds whichever way events travel.

use std::time::Duration;

use tradewind_chassis::Running;
use tradewind_db::DbError;
use tradewind_events::{Prune, Pruned, Start};
use tradewind_kernel::{Clock, Context, Entropy, Principal};
use tradewind_testkit::until;

use super::pair::{BROKEN, LampDimmed, Pair, Place, Way, get, has_seen, metric_of, seen};

/// Each test, once for each way, on files and on databases of a server.
macro_rules! on_every_way {
    ($($test:ident),* $(,)?) => {
        mod near { $(#[tokio::test(flavor = "multi_thread")] async fn $test() {
            super::$test(super::Way::Near, false).await;
        })* }
        mod far { $(#[tokio::test(flavor = "multi_thread")] async fn $test() {
            super::$test(super::Way::Far, false).await;
        })* }
        mod broker { $(#[tokio::test(flavor = "multi_thread")] async fn $test() {
            super::$test(super::Way::Broker, false).await;
        })* }
        mod far_broker { $(#[tokio::test(flavor = "multi_thread")] async fn $test() {
            super::$test(super::Way::FarBroker, false).await;
        })* }
        mod far_broker_served { $(#[tokio::test(flavor = "multi_thread")] async fn $test() {
            super::$test(super::Way::FarBroker, true).await;
        })* }
    };
}

on_every_way!(
    each_event_has_its_effect_once_and_in_the_order_of_its_key,
    a_restart_goes_on_where_the_last_life_ended,
    who_begins_now_sees_what_follows,
    an_event_that_cannot_be_handled_is_a_letter_and_other_keys_go_on,
    events_of_no_interest_are_passed_over,
    who_comes_too_late_is_told_and_stands_still,
);

async fn each_event_has_its_effect_once_and_in_the_order_of_its_key(way: Way, is_served: bool) {
    let place = Place::new(way, is_served).await;
    let pair = place.pair().await;
    pair.light_all(0..300).await;
    pair.has_seen(0..300).await;
    pair.light_all(300..330).await;
    pair.has_seen(0..330).await;
    pair.end().await;
}

async fn a_restart_goes_on_where_the_last_life_ended(way: Way, is_served: bool) {
    let place = Place::new(way, is_served).await;
    let pair = place.pair().await;
    pair.light_all(0..50).await;
    pair.has_seen(0..50).await;
    // The last of them may not be acknowledged.
    pair.light_all(50..100).await;
    pair.end().await;
    let pair = place.pair().await;
    pair.light_all(100..150).await;
    pair.has_seen(0..150).await;
    pair.end().await;
}

async fn who_begins_now_sees_what_follows(way: Way, is_served: bool) {
    let place = Place::new(way, is_served).await;
    let mut pair = place.pair_from(Start::Now).await;
    pair.has_begun().await;
    pair.light_all(0..10).await;
    pair.has_seen(0..10).await;
    if pair.other.is_some() {
        pair.end_follower().await;
        pair.light_all(10..20).await;
        pair.other = Some(place.follower(&pair.one, 0, Start::Now).await);
        pair.has_seen(0..20).await;
    }
    pair.end().await;
}

async fn an_event_that_cannot_be_handled_is_a_letter_and_other_keys_go_on(way: Way, is_served: bool) {
    let place = Place::new(way, is_served).await;
    let pair = place.pair().await;
    pair.light_all(0..10).await;
    pair.light(BROKEN, 0).await;
    pair.light_all(10..20).await;
    pair.light(BROKEN, 1).await;
    pair.light_all(20..30).await;
    pair.has_seen(0..30).await;
    until("both letters", async || (pair.letters().await.len() == 2).then_some(())).await;
    assert_eq!(pair.letters().await, [(BROKEN.to_owned(), 1), (BROKEN.to_owned(), 2)]);
    pair.end().await;
}

async fn events_of_no_interest_are_passed_over(way: Way, is_served: bool) {
    let place = Place::new(way, is_served).await;
    let pair = place.pair().await;
    for count in 0..20 {
        pair.tell(LampDimmed { lamp: "x".to_owned() }).await;
        pair.light("x", count).await;
    }
    pair.tell(LampDimmed { lamp: "x".to_owned() }).await;
    pair.has_seen(0..20).await;
    pair.caught_up().await;
    pair.end().await;
}

async fn who_comes_too_late_is_told_and_stands_still(way: Way, is_served: bool) {
    if matches!(way, Way::Near | Way::Broker) {
        // Who lives beside the log is never so late: its subscription is registered before it follows.
        return;
    }
    let place = Place::new(way, is_served).await;
    let mut pair = place.pair().await;
    pair.light_all(0..10).await;
    pair.has_seen(0..10).await;
    pair.end_follower().await;
    pair.light_all(10..20).await;
    prune(&pair).await;
    pair.light_all(20..30).await;
    pair.other = Some(place.follower(&pair.one, 0, Start::Beginning).await);
    until("it stands still", async || (pair.watches("subscription_stopped").await == 1).then_some(())).await;
    let counts: Vec<i64> = pair.seen().await.into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, (0..10).collect::<Vec<_>>(), "nothing was passed over in silence");
    pair.end().await;
}

/// Removes all events, whoever has not passed them.
async fn prune(pair: &Pair) {
    let context = Context::begin(Principal::Anonymous, &Clock::system(), &Entropy::system());
    let prune = Prune { keep: Duration::ZERO, forget_after: Duration::ZERO };
    until("all is pruned", async || {
        let pruned: Result<Pruned, DbError> = pair.producer().write(&context, prune).await;
        (pruned.unwrap().events > 0).then_some(())
    })
    .await;
}

/// Those who share a subscription; only databases of a server can be shared.
mod replicas {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn far() {
        share(Way::Far).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn by_a_broker() {
        share(Way::FarBroker).await;
    }

    async fn share(way: Way) {
        let place = Place::new(way, true).await;
        let pair = place.pair().await;
        let second = place.follower(&pair.one, 1, Start::Beginning).await;
        pair.light_all(0..100).await;
        has_seen(pair.consumer(), 0..100).await;
        // One of them goes, and the other does the rest.
        let consumer = second.database("watchers").unwrap().clone();
        let Pair { one, other } = pair;
        let first = other.unwrap();
        let by_first = handled(&first).await;
        first.shutdown().await;
        for count in 100..200 {
            let lamp = ["x", "y", "z"][usize::try_from(count % 3).unwrap()].to_owned();
            let producer = one.database("lamps").unwrap();
            super::super::pair::tell(producer, super::super::pair::LampLit { lamp, count }).await;
        }
        has_seen(&consumer, 0..200).await;
        let by_second = handled(&second).await;
        assert_eq!(by_first + by_second, 200, "each once");
        assert!(by_second >= 100);
        assert_eq!(seen(&consumer).await.len(), 200);
        second.shutdown().await;
        one.shutdown().await;
    }

    async fn handled(running: &Running) -> u64 {
        let _ = get(running, "watchers", "/subscriptions").await;
        metric_of(running, "watchers", "subscription_handled_total").await
    }
}
