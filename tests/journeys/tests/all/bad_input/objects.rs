//! What people do wrong with objects: names that lead elsewhere, content that is not what it says, and sizes.

use tradewind_journeys::staff;
use tradewind_testkit::{Connection, Request};

use super::world::World;

const OBJECTS: &str = "/api/storage/v1/storageservice";
const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;

/// The greatest object, in bytes, and the greatest body that other routes take.
const GREATEST: usize = 4 * 1024 * 1024;

fn put(name: &str, media_type: &str, bytes: impl AsRef<[u8]>) -> Request {
    let request = Request::new("PUT", &format!("{OBJECTS}/products/{name}")).bearer(&staff());
    request.header("Content-Type", media_type).body(bytes)
}

/// Through the service's own doors, and through the gateway.
async fn refused(world: &World, request: &Request, what: &str, (status, code): (u16, &str)) {
    for door in [world.fleet.door("storage/public"), world.fleet.gateway()] {
        drop(world.refuses(door, request, what, (status, code)).await);
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_leads_nowhere() {
    let world = World::new().await;
    for name in [
        "a%20b",
        "a//b",
        "a/",
        "%C3%A9.svg",
        "a%5Cb",
        "..%5Cx",
        "a%3Ab",
        "C%3A%5Cx",
        "~",
        "x%231",
        "%EF%BC%8E%EF%BC%8E/x",
        "a%2F%2Fb",
        "a%E2%88%95b",
        "a%252Fb",
        "%252e%252e%252fx",
        "a*b",
        "a%3Fb",
        &"x".repeat(65),
        &["x"; 9].join("/"),
    ] {
        let path = format!("{OBJECTS}/products/{name}");
        for request in [
            put(name, "image/svg+xml", SVG),
            Request::new("GET", &path),
            Request::new("HEAD", &path),
            Request::new("DELETE", &path).bearer(&staff()),
        ] {
            for door in [world.fleet.door("storage/public"), world.fleet.gateway()] {
                let answer = request.send(door).await;
                assert!(matches!(answer.status, 400 | 404), "{name}: {}", answer.status);
            }
        }
    }
    // These are no paths for the gateway, or lead out of what it passes on; the service takes them for no name.
    for name in [
        "..",
        "../x",
        "a/../../x",
        "%2E%2E/x",
        "..%2Fx",
        "%2e%2e%2fx",
        "a%00b",
        "%00",
        "a%2F..%2F..%2Fx",
        ".",
    ] {
        let own = put(name, "image/svg+xml", SVG).send(world.fleet.door("storage/public")).await;
        assert!(matches!(own.status, 400 | 404), "{name}: {}", own.status);
        let far = put(name, "image/svg+xml", SVG).send(world.fleet.gateway()).await;
        assert!((400..500).contains(&far.status), "{name}: {}", far.status);
    }
    world.unchanged("names that lead elsewhere").await;
    world.end().await;
}

#[tokio::test]
async fn content_that_is_not_what_it_says_is_refused() {
    let world = World::new().await;
    let html = "<!doctype html><script>alert(1)</script>";
    let with = |inner: &str| format!(r#"<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>"#);
    for (name, media_type, bytes) in [
        ("a.png", "image/png", html.to_owned()),
        ("a.png", "application/octet-stream", html.to_owned()),
        ("a.svg", "image/svg+xml", html.to_owned()),
        ("a", "image/jpeg", SVG.to_owned()),
        ("a.svg", "image/svg+xml", with("<script>alert(1)</script>")),
        ("a.svg", "image/svg+xml", with("<rect onload='alert(1)'/>")),
        ("a.svg", "image/svg+xml", with("<image href='http://example.com/x'/>")),
        ("a.svg", "image/svg+xml", with("<g fill='url(http://example.com/x)'/>")),
        ("a.svg", "image/svg+xml", with("<foreignObject/>")),
        ("a.svg", "image/svg+xml", format!("<!DOCTYPE svg [<!ENTITY a 'b'>]>{SVG}")),
        ("a.svg", "image/svg+xml", with(&"<g>".repeat(5_000))),
        ("a.json", "application/json", "{".to_owned()),
        ("a.txt", "text/plain", "\u{1b}[2J".to_owned()),
    ] {
        let request = put(name, media_type, &bytes);
        refused(&world, &request, &format!("{name} {media_type} {bytes:.80}"), (422, "content-refused"))
            .await;
    }
    for media_type in ["", "text/html", "application/xhtml+xml", "text/javascript", "image/*", "nonsense"] {
        refused(&world, &put("a.bin", media_type, "x"), media_type, (415, "unsupported-media-type")).await;
    }
    let packed = put("a.svg", "image/svg+xml", SVG).header("Content-Encoding", "gzip");
    refused(&world, &packed, "packed", (415, "unsupported-media-type")).await;
    world.end().await;
}

#[tokio::test]
async fn headers_that_cannot_be_meant_are_refused() {
    let world = World::new().await;
    let object = put("a.svg", "image/svg+xml", SVG);
    for (name, value) in [
        ("Content-Range", "bytes 0-1/2"),
        ("If-Match", "a"),
        ("If-Match", ""),
        ("If-None-Match", "\"a"),
        ("Content-Type", "image/svg+xml"),
    ] {
        refused(&world, &object.clone().header(name, value), name, (400, "invalid-header")).await;
    }
    for request in [
        object.header("If-Match", "\"x\""),
        Request::new("DELETE", &format!("{OBJECTS}/products/none.svg"))
            .bearer(&staff())
            .header("If-Match", "*"),
    ] {
        refused(&world, &request, "a condition", (412, "precondition-failed")).await;
    }
    let twice = Request::new("GET", &format!("{OBJECTS}/products/a.svg")).header("Range", "bytes=0-1");
    refused(&world, &twice.header("Range", "bytes=2-3"), "two ranges", (400, "invalid-header")).await;
    let query = Request::new("GET", &format!("{OBJECTS}/products/a.svg?x=1"));
    refused(&world, &query, "a query", (400, "invalid-parameter")).await;
    let body = Request::new("DELETE", &format!("{OBJECTS}/products/a.svg")).bearer(&staff()).body("x");
    refused(&world, &body, "a body", (422, "invalid-body")).await;
    world.end().await;
}

#[tokio::test]
async fn an_object_that_is_too_large_is_refused_before_it_comes() {
    let world = World::new().await;
    let large = vec![b'x'; GREATEST + 1];
    for request in [put("a.txt", "text/plain", &large), put("a.txt", "text/plain", &large).chunked()] {
        refused(&world, &request, "too large", (413, "payload-too-large")).await;
    }
    for door in [world.fleet.door("storage/public"), world.fleet.gateway()] {
        let mut connection = Connection::open(door).await;
        let head = Request::new("PUT", &format!("{OBJECTS}/products/a.txt")).bearer(&staff());
        let head =
            head.header("Content-Type", "text/plain").header("Content-Length", (GREATEST + 1).to_string());
        connection.send(&head.to_bytes()).await;
        drop(connection.answer().await.unwrap().refusal(413, "payload-too-large"));
    }
    // One that breaks off does nothing either.
    let whole = put("a.txt", "text/plain", "some text").to_bytes();
    for door in [world.fleet.door("storage/public"), world.fleet.gateway()] {
        let mut connection = Connection::open(door).await;
        connection.send(&whole[..whole.len() - 4]).await;
        connection.finish().await;
        if let Some(answer) = connection.answer().await {
            assert!((400..500).contains(&answer.status), "{}", answer.text());
        }
    }
    world.unchanged("bodies that never came").await;
    let greatest = put("a.txt", "text/plain", &large[1..]).send(world.fleet.gateway()).await;
    assert_eq!(greatest.status, 201, "{}", greatest.text());
    world.end().await;
}

#[tokio::test]
async fn the_internal_door_refuses_the_same() {
    let world = World::new().await;
    let (door, secret) = (world.fleet.door("storage/internal"), world.fleet.secret().expose().to_owned());
    let ask = |method: &str, path: &str| Request::new(method, &format!("/admin/objects/{path}"));
    for method in ["GET", "PUT", "DELETE"] {
        drop(world.refuses(door, &ask(method, "products/a.svg"), method, (401, "unauthenticated")).await);
        let of_staff = ask(method, "products/a.svg").bearer(&staff());
        drop(world.refuses(door, &of_staff, method, (401, "unauthenticated")).await);
        for path in ["products/a%20b", "products/..%2Fx", "a%20b/x"] {
            drop(world.refuses(door, &ask(method, path).bearer(&secret), path, (404, "not-found")).await);
        }
    }
    let html =
        ask("PUT", "products/a.svg").bearer(&secret).header("Content-Type", "image/svg+xml").body("<p>");
    drop(world.refuses(door, &html, "html", (422, "content-refused")).await);
    drop(
        world.refuses(door, &ask("GET", "products/a.svg").bearer(&secret), "none", (404, "not-found")).await,
    );
    world.end().await;
}
