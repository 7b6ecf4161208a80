//! The broker that tests start: who runs it, what it keeps, whom it lets in.

use std::time::Duration;

use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tradewind_kernel::Clock;
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{RabbitMq, until, within};

/// The mode of delivery that keeps a message on disk (AMQP 0-9-1, `basic.delivery-mode`).
const PERSISTENT: u8 = 2;

/// A connection and its only channel.
async fn channel(url: &str) -> Result<(Connection, Channel), lapin::Error> {
    let connection =
        within("a connection", Connection::connect(url, ConnectionProperties::default())).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

/// A new queue, replicated by its log though there is one node.
async fn quorum_queue(channel: &Channel) -> String {
    let name = fresh_name("kept");
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let declared = channel.queue_declare(name.as_str().into(), options, arguments);
    within("the declaration of a queue", declared).await.unwrap();
    name
}

/// Publishes until the broker says that it has it. What reaches a queue that has no leader yet, a moment after a
/// start, is never confirmed, and a client has to say it again: it may then be there twice.
async fn publish(connection: &Connection, queue: &str, body: &[u8]) {
    until("a confirm", async || {
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = channel.basic_publish("".into(), queue.into(), options, body, properties).await.unwrap();
        let confirmed = Clock::system().timeout(Duration::from_secs(2), sent).await.ok()?.unwrap();
        assert!(confirmed.is_ack() && confirmed.take_message().is_none());
        Some(())
    })
    .await;
}

async fn take(channel: &Channel, queue: &str) -> Option<Vec<u8>> {
    let options = BasicGetOptions { no_ack: true };
    let message = within("a message", channel.basic_get(queue.into(), options)).await.unwrap();
    message.map(|message| message.delivery.data)
}

#[tokio::test]
async fn it_runs_as_an_ordinary_user_in_a_folder_of_its_own() {
    let server = RabbitMq::shared().await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert!(users.split_whitespace().all(|user| user != "0"), "it runs as {users}");
    let settings = server.ctl(&["eval", "rabbit_mnesia:dir()."]).await;
    assert!(settings.contains(server.folder().to_str().unwrap()), "{settings}");
    let listeners = server.ctl(&["eval", "rabbit_networking:active_listeners()."]).await;
    let local = listeners.matches("{127,0,0,1}").count();
    assert_eq!((local, listeners.matches("{listener,").count()), (2, 2), "{listeners}");
    assert!(!format!("{server:?}").contains(server.password()));
}

#[tokio::test]
async fn what_was_confirmed_is_there_after_a_kill_and_after_a_stop() {
    let mut server = RabbitMq::start().await;
    let address = server.host_port();
    let (connection, open) = channel(&server.url()).await.unwrap();
    let queue = quorum_queue(&open).await;
    publish(&connection, &queue, b"one").await;
    server.has_written_down(&queue).await;
    server.kill().await;
    assert!(!server.is_reachable().await);
    drop((connection, open));
    server.start_again().await;
    let (connection, _open) = channel(&server.url()).await.unwrap();
    publish(&connection, &queue, b"two").await;
    drop(connection);
    server.stop().await;
    assert!(!server.is_reachable().await);
    server.start_again().await;
    let (_connection, open) = channel(&server.url()).await.unwrap();
    let mut kept = vec![until("the first message", async || take(&open, &queue).await).await];
    while let Some(message) = take(&open, &queue).await {
        kept.push(message);
    }
    kept.dedup();
    assert_eq!((kept, server.host_port()), (vec![b"one".to_vec(), b"two".to_vec()], address));
}

#[tokio::test]
async fn two_brokers_know_nothing_of_each_other() {
    let (shared, other) = (RabbitMq::shared().await, RabbitMq::start().await);
    assert_ne!((shared.host_port(), shared.folder()), (other.host_port(), other.folder()));
    let stranger = format!("amqp://{}:{}@{}/%2f", shared.user(), shared.password(), other.host_port());
    let refused = channel(&stranger).await.expect_err("the password is another's");
    assert!(refused.to_string().contains("ACCESS"), "{refused}");
}
