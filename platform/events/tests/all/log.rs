//! The log.

use tradewind_db::{DbError, work};
use tradewind_events::{Feed, announce};

use crate::support::{LampLit, world};

#[tokio::test(start_paused = true)]
async fn an_event_carries_order_process_and_trace() {
    let world = world().await;
    let context = world.context();
    let tell = work(|tx| {
        Box::pin(async move {
            for (lamp, count) in [("a", 1), ("b", 2), ("a", 3)] {
                announce(tx, &LampLit { lamp: lamp.into(), count }).await?;
            }
            Ok::<_, DbError>(())
        })
    });
    world.producer.write(&context, tell).await.unwrap();
    let recorded = world.feed().read(0, 10).await.unwrap();
    let order: Vec<_> = recorded.iter().map(|r| (r.event.partitionkey.as_str(), r.event.sequence)).collect();
    assert_eq!(order, [("a", 1), ("b", 1), ("a", 2)]);
    assert!(recorded.windows(2).all(|pair| pair[0].position < pair[1].position));
    let event = &recorded[0].event;
    assert_eq!(event.source, "/tradewind/lamps");
    assert_eq!(event.correlationid, context.correlation);
    assert_eq!(event.traceparent, context.trace.to_string());
    let json = serde_json::to_value(event).unwrap();
    assert_eq!(json["specversion"], "1.0");
    assert_eq!(json["type"], "tradewind.lamps.lamp-lit.v1");
    assert_eq!(json["data"], serde_json::json!({"lamp": "a", "count": 1}));
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_work_that_failed_was_never_told() {
    let world = world().await;
    let tell = work(|tx| {
        Box::pin(async move {
            announce(tx, &LampLit { lamp: "a".into(), count: 1 }).await?;
            Err::<(), _>(DbError::Column { message: "changed my mind".into() })
        })
    });
    world.producer.write(&world.context(), tell).await.unwrap_err();
    assert!(world.feed().read(0, 10).await.unwrap().is_empty());
    world.light("a", 2).await;
    // The sequence has no gap where the failed work was.
    assert_eq!(world.feed().read(0, 10).await.unwrap()[0].event.sequence, 1);
}
