//! How it stops.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tradewind_testkit::{Connection, Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::Gateway;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// Waits until the backend has so many requests.
async fn arrived(backend: &Backend, count: usize) {
    until("the request is there", async || (backend.received().len() >= count).then_some(())).await;
}

/// Waits until nobody takes connections any more.
async fn refuses(gateway: &Gateway) {
    let address = gateway.address;
    until("connections are refused", async || TcpStream::connect(address).await.is_err().then_some(())).await;
}

#[tokio::test]
async fn a_request_under_way_is_finished() {
    let permits = Arc::new(Semaphore::new(0));
    let shop = Backend::start("shop", Does::Waits(permits.clone())).await;
    let gateway = Gateway::before(&[shop.address], &[]).await;
    assert_eq!(gateway.ask("/readyz").await.status, 200);
    let mut connection = Connection::open(gateway.address).await;
    connection.send(GET).await;
    arrived(&shop, 1).await;
    gateway.signal("TERM").await;
    refuses(&gateway).await;
    // Whoever balances has to see it, and it is no reason to start the program again.
    assert_eq!(gateway.ask("/readyz").await.status, 503);
    assert_eq!(gateway.ask("/livez").await.status, 200);
    permits.add_permits(1);
    let answer = connection.answer().await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "shop"));
    assert!(connection.answer().await.is_none(), "the connection ends behind the answer");
    let ended = gateway.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
}

#[tokio::test]
async fn connections_without_a_request_do_not_hold_it_up() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &[]).await;
    let mut used = Connection::open(gateway.address).await;
    used.send(GET).await;
    assert_eq!(used.answer().await.unwrap().status, 200);
    gateway.signal("TERM").await;
    assert!(used.answer().await.is_none());
    assert_eq!(gateway.ended().await.code, Some(0));
}

#[tokio::test]
async fn the_drain_has_a_bound() {
    let shop = Backend::start("shop", Does::Holds).await;
    let gateway = Gateway::before(&[shop.address], &["--drain", "1"]).await;
    let mut connection = Connection::open(gateway.address).await;
    connection.send(GET).await;
    arrived(&shop, 1).await;
    gateway.signal("TERM").await;
    assert!(connection.answer().await.is_none());
    let ended = gateway.ended().await;
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains("connections were dropped at the deadline"), "{}", ended.errors);
}

#[tokio::test]
async fn an_interrupt_is_the_same() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &[]).await;
    assert_eq!(Request::new("GET", "/").send(gateway.address).await.status, 200);
    gateway.signal("INT").await;
    assert_eq!(gateway.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_connection_that_was_never_used_does_not_hold_it_up() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &["--drain", "60"]).await;
    let _unused = Connection::open(gateway.address).await;
    gateway.signal("TERM").await;
    assert_eq!(gateway.ended().await.code, Some(0));
}
