//! Media types, and bodies that are too large or break off.

use tradewind_testkit::{Connection, Request};

use super::world::{Draft, World, route, routes};

/// The greatest body, in bytes.
const GREATEST: usize = 1024 * 1024;

/// A body of this many bytes, the rest of it white space.
fn padded(body: &str, length: usize) -> String {
    format!("{body}{}", " ".repeat(length - body.len()))
}

#[tokio::test]
async fn another_media_type_is_refused() {
    let world = World::new().await;
    for route in routes(|route| route.body().is_some()) {
        for media_type in [
            None,
            Some(""),
            Some("text/plain"),
            Some("application/xml"),
            Some("application/x-www-form-urlencoded"),
            Some("text/json"),
            Some("application/jsonx"),
            Some("application/json, text/plain"),
            Some("json"),
        ] {
            let draft = Draft { media_type, ..world.good(route) };
            world.refuses_at(route, &draft, (415, "unsupported-media-type")).await;
        }
        let twice = world.good(route).with_header("Content-Type", "application/json");
        for refusal in world.refuses_at(route, &twice, (400, "invalid-header")).await {
            assert!(refusal.names("content-type"), "{refusal:?}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_media_type_with_parameters_is_taken() {
    let world = World::new().await;
    let order = route("POST", "/api/orders/v1/orders");
    for media_type in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.shop+json"] {
        let draft = Draft { media_type: Some(media_type), ..world.good(order) };
        assert_eq!(draft.request().send(world.fleet.gateway()).await.status, 202, "{media_type}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_with_and_without_its_length() {
    let world = World::new().await;
    for route in routes(|route| route.is_command() || route.body().is_some()) {
        let body = padded(route.body().unwrap_or_default(), GREATEST + 1);
        let draft = world.good(route).with_body(body);
        world.refuses_at(route, &draft, (413, "payload-too-large")).await;
        for door in world.doors(route) {
            let chunked = draft.request().chunked();
            world.refuses(door, &chunked, "chunked", (413, "payload-too-large")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_body_of_the_greatest_length_is_taken() {
    let world = World::new().await;
    let order = route("POST", "/api/orders/v1/orders");
    let draft = world.good(order).with_body(padded(order.body().unwrap(), GREATEST));
    assert_eq!(draft.request().send(world.fleet.gateway()).await.status, 202);
    let chunked = Draft { key: Some(world.key()), ..draft }.request().chunked();
    assert_eq!(chunked.send(world.fleet.gateway()).await.status, 202);
    world.end().await;
}

#[tokio::test]
async fn an_announced_length_above_the_limit_is_refused_before_the_body_comes() {
    let world = World::new().await;
    let order = route("POST", "/api/orders/v1/orders");
    let mut draft = world.good(order);
    draft.body = None;
    for door in world.doors(order) {
        for length in ["1048577", "9223372036854775807"] {
            let mut connection = Connection::open(door).await;
            let request = draft.request().header("Content-Length", length);
            connection.send(&request.to_bytes()).await;
            drop(connection.answer().await.unwrap().refusal(413, "payload-too-large"));
        }
    }
    world.unchanged("a body that never came").await;
    world.end().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_does_nothing() {
    let world = World::new().await;
    let order = route("POST", "/api/orders/v1/orders");
    let whole = world.good(order);
    for request in [whole.request(), whole.request().chunked()] {
        for door in world.doors(order) {
            let bytes = request.to_bytes();
            let mut connection = Connection::open(door).await;
            connection.send(&bytes[..bytes.len() - 10]).await;
            connection.finish().await;
            // Nobody may be left to tell; who is told, is told that the body broke off.
            if let Some(answer) = connection.answer().await {
                drop(answer.refusal(400, "malformed-json"));
            }
        }
    }
    world.fleet.quiet().await;
    world.unchanged("a body that broke off").await;
    world.end().await;
}

#[tokio::test]
async fn a_chunk_that_is_none_does_nothing() {
    let world = World::new().await;
    let whole = world.good(route("POST", "/api/orders/v1/orders"));
    let body = whole.body.clone().unwrap();
    let head = Draft { body: None, ..whole }.request().header("Transfer-Encoding", "chunked").to_bytes();
    let chunk = |size: &str| [size.as_bytes(), b"\r\n", &body, b"\r\n0\r\n\r\n"].concat();
    let size = format!("{:x}", body.len());
    for bad in
        [chunk("zz"), chunk(&format!("-{size}")), chunk(&format!("0x{size}")), chunk(&format!("{size} "))]
    {
        let mut connection = Connection::open(world.fleet.gateway()).await;
        connection.send(&[head.clone(), bad].concat()).await;
        if let Some(answer) = connection.answer().await {
            assert_eq!(answer.status, 400, "{}", answer.text());
        }
    }
    world.fleet.quiet().await;
    world.unchanged("a chunk that is none").await;
    let mut connection = Connection::open(world.fleet.gateway()).await;
    connection.send(&[head, chunk(&size)].concat()).await;
    assert_eq!(connection.answer().await.unwrap().status, 202);
    world.end().await;
}

#[tokio::test]
async fn a_client_that_expects_to_be_asked_for_its_body_is_asked() {
    let world = World::new().await;
    let whole = world.good(route("POST", "/api/orders/v1/orders"));
    let body = whole.body.clone().unwrap();
    let head = Draft { body: None, ..whole }.request().header("Expect", "100-continue");
    let mut connection = Connection::open(world.fleet.gateway()).await;
    connection.send(&head.header("Content-Length", body.len().to_string()).to_bytes()).await;
    assert_eq!(connection.answer().await.unwrap().status, 100);
    connection.send(&body).await;
    assert_eq!(connection.answer().await.unwrap().status, 202);
    world.settle().await;
    let refused = Request::new("POST", "/api/orders/v1/orders").header("Expect", "200-ok").json("{}");
    world.refuses(world.fleet.gateway(), &refused, "expect", (417, "unsupported-expectation")).await;
    world.end().await;
}
