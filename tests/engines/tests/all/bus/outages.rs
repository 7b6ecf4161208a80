//! What only a broker can do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use serde_json::json;
use tradewind_events::bus::{Exchange, Queue};
use tradewind_problem::{NO_RECEIVER, UNAVAILABLE};
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{RabbitMq, until};

use super::suite::{data, spawn};
use super::{Processes, processes};

static WORK: Queue = Queue::shared("work");
static NEWS: Exchange = Exchange::fanout("news");

/// While the broker is away everything is refused at once. When it is back consumers go on by themselves, with what
/// they were sent before, and an own queue is bound again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_go_on_when_the_broker_is_back() {
    let mut server = RabbitMq::start().await;
    let (pair, namespace) = in_namespace(&server).await;
    let mut idle = pair.there.consumer(&WORK);
    pair.soon(idle.attach()).await.unwrap();
    drop(idle);
    pair.soon(pair.here.send(&WORK, &pair.message(&json!("before")))).await.unwrap();
    let (_ears, mut news) = pair.listen(pair.there.consumer(&Queue::own("ears")).bind(&NEWS, "")).await;
    for queue in ["work", "work.dead-letters"] {
        server.has_written_down(&format!("{namespace}.bus.{queue}")).await;
    }
    server.kill().await;
    until("the end of the connection is noticed", async || {
        pair.here
            .send(&WORK, &pair.message(&json!("lost")))
            .await
            .err()
            .filter(|error| error.is(&UNAVAILABLE))
    })
    .await;
    let before = pair.clock.monotonic();
    let asked = pair.ask(&WORK, &json!(1), 3_600).await.unwrap_err();
    assert!(asked.is(&UNAVAILABLE) && pair.clock.monotonic() - before < Duration::from_secs(10), "{asked}");
    server.start_again().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let _work = spawn(pair.there.consumer(&WORK).run(move |delivered| {
        hears.lock().unwrap().push(data(&delivered));
        std::future::ready(Ok(()))
    }));
    let has_heard = |what: &str| heard.lock().unwrap().contains(&json!(what)).then_some(());
    until("what was sent before is handled", async || has_heard("before")).await;
    until("what is sent now is confirmed", async || {
        pair.here.send(&WORK, &pair.message(&json!("after"))).await.ok()
    })
    .await;
    until("what is sent now is handled", async || has_heard("after")).await;
    until("the own queue hears again", async || {
        pair.here.notify(&NEWS, "", &pair.message(&json!("back"))).await;
        news.try_recv().ok()
    })
    .await;
}

/// A message that is none is a dead letter, and the others go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_a_dead_letter() {
    let server = RabbitMq::shared().await;
    let (pair, namespace) = in_namespace(server).await;
    let (_task, mut hears) = pair.listen(pair.there.consumer(&WORK)).await;
    let connection = Connection::connect(&server.url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let id = || pair.message(&json!(1)).id.to_string();
    let typed = || BasicProperties::default().with_type("foreign.v1".into());
    let cases = [
        (BasicProperties::default(), "{}"),
        (typed(), "{}"),
        (typed().with_message_id("1".into()), "{}"),
        (typed().with_message_id(id().into()), "no JSON"),
        // This one is enough, in whatever language it was sent.
        (typed().with_message_id(id().into()), "\"good\""),
    ];
    let key = format!("{namespace}.bus.work");
    for (properties, body) in cases {
        let options = BasicPublishOptions::default();
        let sent =
            channel.basic_publish("".into(), key.as_str().into(), options, body.as_bytes(), properties);
        sent.await.unwrap().await.unwrap();
    }
    assert_eq!(pair.soon(hears.recv()).await, Some(json!("good")));
    let dead = format!("{namespace}.bus.work.dead-letters");
    until("four dead letters", async || {
        let options = lapin::options::QueueDeclareOptions { passive: true, ..Default::default() };
        let found = channel.queue_declare(dead.as_str().into(), options, Default::default()).await.unwrap();
        (found.message_count() == 4).then_some(())
    })
    .await;
}

/// A queue that is there with another bound is named, and hinders no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_another_is_named() {
    let pair = processes(RabbitMq::shared().await).await;
    let (_task, mut hears) = pair.listen(pair.there.consumer(&WORK)).await;
    let other = Queue::shared("work").holding(7);
    let refused = pair.soon(pair.here.consumer(&other).attach()).await.unwrap_err();
    let said = refused.operator_text().unwrap_or_default();
    assert!(said.contains(".bus.work exists on the broker with other arguments"), "{refused}");
    pair.soon(pair.here.send(&WORK, &pair.message(&json!("on")))).await.unwrap();
    assert_eq!(pair.soon(hears.recv()).await, Some(json!("on")));
}

/// A service of another namespace shares the broker and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn namespaces_know_nothing_of_each_other() {
    let server = RabbitMq::shared().await;
    let (first, second) = (processes(server).await, processes(server).await);
    let (_task, _hears) = first.listen(first.there.consumer(&WORK)).await;
    let refused = second.soon(second.here.send(&WORK, &second.message(&json!(1)))).await.unwrap_err();
    assert!(refused.is(&NO_RECEIVER), "{refused}");
}

/// A pair, and its namespace.
async fn in_namespace(server: &RabbitMq) -> (Processes, String) {
    let namespace = fresh_name("bus");
    (super::processes_in(server, &namespace).await, namespace)
}
