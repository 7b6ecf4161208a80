//! Fleets that change how their events travel: cursors go on.

use tradewind_testkit::until;

use super::pair::{LampDimmed, Place, Way};

#[tokio::test(flavor = "multi_thread")]
async fn from_the_feed_to_a_broker_and_back_nothing_is_lost_or_done_twice() {
    let mut place = Place::new(Way::FarBroker, false).await;
    place.set(&["events.driver=feed"]);
    let pair = place.pair().await;
    pair.light_all(0..20).await;
    pair.has_seen(0..20).await;
    assert_eq!(pair.tells("relay_published_total").await, 0);
    // Not handled when the driver changes.
    pair.light_all(20..40).await;
    pair.end().await;
    place.set(&["events.driver=amqp"]);
    let pair = place.pair().await;
    pair.light_all(40..60).await;
    pair.has_seen(0..60).await;
    // A new relay begins with what is announced from then on.
    until("messages", async || {
        pair.tell(LampDimmed { lamp: "x".to_owned() }).await;
        (pair.watches("broker_deliveries_total").await > 0).then_some(())
    })
    .await;
    pair.light_all(60..80).await;
    pair.end().await;
    place.set(&["events.driver=feed"]);
    let pair = place.pair().await;
    pair.light_all(80..100).await;
    pair.has_seen(0..100).await;
    pair.end().await;
    // What the queue held all the while is older than the cursor.
    place.set(&["events.driver=amqp"]);
    let pair = place.pair().await;
    pair.light_all(100..120).await;
    pair.has_seen(0..120).await;
    pair.end().await;
}
