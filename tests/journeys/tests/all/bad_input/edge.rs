//! Bytes at the gateway that other servers read in more than one way.

use tradewind_journeys::ada;
use tradewind_testkit::{Request, exchange};

use super::world::World;

const PATH: &str = "/api/catalogue/v1/products";

/// Sends bytes to the gateway, which answers once like this and closes the connection.
async fn refused(world: &World, bytes: &[u8], status: u16, code: &str) {
    let shown = bytes[..bytes.len().min(200)].escape_ascii().to_string();
    let answers = exchange(world.fleet.gateway(), bytes).await;
    assert_eq!(answers.len(), 1, "{shown}: {answers:?}");
    let refusal = answers[0].refusal(status, code);
    assert!(!refusal.detail.is_empty(), "{shown}");
    assert_eq!(answers[0].header("connection"), Some("close"), "{shown}");
    world.unchanged(&shown).await;
}

#[tokio::test]
async fn a_head_that_can_be_read_in_two_ways_is_refused() {
    let world = World::new().await;
    let cases: &[(&str, u16, &str)] = &[
        ("GET {P} HTTP/1.1\nHost: a\n\n", 400, "bare-line-feed"),
        ("GET {P} HTTP/1.1\r\nHost: a\n\r\n", 400, "bare-line-feed"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\n\n", 400, "bare-line-feed"),
        ("GET {P} HTTP/1.1\rHost: a\r\n\r\n", 400, "bare-carriage-return"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400, "control-byte"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "repeated-host"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "repeated-host"),
        ("GET {P} HTTP/1.1\r\n\r\n", 400, "missing-host"),
        ("GET {P} HTTP/1.1\r\nHost:\r\n\r\n", 400, "bad-host"),
        ("GET {P} HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "bad-host"),
        ("GET {P} HTTP/1.1\r\nHost : a\r\n\r\n", 400, "space-before-colon"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, "folded-header"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\n\tX: a\r\n\r\n", 400, "folded-header"),
        ("GET {P} HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "bad-header-name"),
        ("GET  {P} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"),
        ("GET {P}\r\nHost: a\r\n\r\n", 400, "bad-request-line"),
        ("GET {P} http/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"),
        ("GET {P}|x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"),
        ("GET {P}#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"),
        ("GET \\api HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"),
        ("GET http://a{P} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "absolute-target"),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method-not-supported"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unsupported-version"),
        ("GET {P} HTTP/1.2\r\nHost: a\r\n\r\n", 505, "unsupported-version"),
        ("\r\n\r\nGET {P} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "empty-lines"),
        ("\x16\x03\x01\x02\0\x01", 400, "control-byte"),
    ];
    for (bytes, status, code) in cases {
        refused(&world, bytes.replace("{P}", PATH).as_bytes(), *status, code).await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_body_whose_end_can_be_read_in_two_ways_is_refused() {
    let world = World::new().await;
    let cases: &[(&str, u16, &str)] = &[
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400, "conflicting-framing"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", 400, "conflicting-framing"),
        ("Content-Length: 5\r\nContent-Length: 5", 400, "repeated-content-length"),
        ("Content-Length: 5\r\nContent-Length: 6", 400, "repeated-content-length"),
        ("Content-Length: +5", 400, "bad-content-length"),
        ("Content-Length: -1", 400, "bad-content-length"),
        ("Content-Length: 5, 5", 400, "bad-content-length"),
        ("Content-Length: 0x5", 400, "bad-content-length"),
        ("Content-Length: 18446744073709551615", 400, "bad-content-length"),
        ("Content-Length: 18446744073709551616", 400, "bad-content-length"),
        ("Transfer-Encoding: xchunked", 400, "bad-transfer-encoding"),
        ("Transfer-Encoding: chunked, identity", 400, "bad-transfer-encoding"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, "repeated-transfer-encoding"),
        ("Transfer-Encoding: gzip, chunked", 501, "unsupported-transfer-coding"),
    ];
    for (framing, status, code) in cases {
        let order = r#"{"lines":[{"productId":"1","quantity":1}]}"#;
        let head = format!("Host: a\r\nAuthorization: Bearer {}\r\nIdempotency-Key: k\r\n{framing}", ada());
        let smuggled = format!("0\r\n\r\nPOST /api/orders/v1/orders HTTP/1.1\r\n{head}\r\n\r\n{order}");
        let bytes = format!("POST /api/orders/v1/orders HTTP/1.1\r\n{head}\r\n\r\n{smuggled}");
        refused(&world, bytes.as_bytes(), *status, code).await;
    }
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    refused(&world, old.as_bytes(), 400, "bad-transfer-encoding").await;
    world.end().await;
}

#[tokio::test]
async fn a_head_above_the_limit_is_refused_and_one_of_the_greatest_size_is_not() {
    let world = World::new().await;
    let padded = |bytes: usize| {
        let bare = format!("GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: \r\n\r\n").len();
        let padding = "x".repeat(bytes - bare);
        format!("GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: {padding}\r\n\r\n")
    };
    refused(&world, padded(16 * 1024 + 1).as_bytes(), 431, "head-too-large").await;
    refused(&world, padded(1024 * 1024).as_bytes(), 431, "head-too-large").await;
    let fields = |count: usize| {
        let more = "X: a\r\n".repeat(count - 2);
        format!("GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{more}\r\n")
    };
    refused(&world, fields(101).as_bytes(), 431, "too-many-headers").await;
    let target = |bytes: usize| {
        let after = "a".repeat(bytes - PATH.len() - "?after=".len());
        format!("GET {PATH}?after={after} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    };
    refused(&world, target(8 * 1024 + 1).as_bytes(), 414, "target-too-long").await;
    for greatest in [padded(16 * 1024), fields(100), target(8 * 1024)] {
        let answers = exchange(world.fleet.gateway(), greatest.as_bytes()).await;
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200], "{answers:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_requests_before_a_refused_one_are_answered_and_none_after_it() {
    let world = World::new().await;
    let good = format!("GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\n");
    let bad = format!("GET {PATH} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    let answers = exchange(world.fleet.gateway(), format!("{good}{good}{bad}{good}").as_bytes()).await;
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 400]);
    drop(answers[2].refusal(400, "repeated-host"));
    world.end().await;
}

#[tokio::test]
async fn an_ambiguous_path_is_refused() {
    let world = World::new().await;
    for path in [
        "//api/orders/v1/orders",
        "/api//orders/v1/orders",
        "/api/orders/v1/orders//",
        "/api%2Forders/v1/orders",
        "/api/orders%2fv1/orders",
        "/api/orders/v1%5Corders",
        "/../api/orders/v1/orders",
        "/api/../../api/orders/v1/orders",
        "/api/%2e%2e/%2E%2E/orders",
        "/api/..;/orders/v1/orders",
        "/api/.;x/orders/v1/orders",
        "/api/orders/v1/orders%00",
        "/api/orders/v1/orders%0d%0aX:%20y",
        "/api/orders/v1/orders%",
        "/api/orders/v1/orders%zz",
        "/api/orders/v1/%C0%AE%C0%AE/orders",
        "/api/orders/v1/%FF",
    ] {
        let request = Request::new("GET", path).bearer(&ada());
        world.refuses(world.fleet.gateway(), &request, path, (400, "ambiguous-path")).await;
    }
    let asterisk = "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answers = exchange(world.fleet.gateway(), asterisk.as_bytes()).await;
    drop(answers[0].refusal(400, "ambiguous-path"));
    world.end().await;
}

#[tokio::test]
async fn two_spellings_of_one_path_are_one_path() {
    let world = World::new().await;
    for path in [
        "/api/catalogue/v1/%70roducts",
        "/api/catalogue/v1/./products",
        "/api/catalogue/v1/x/../products",
        "/api/catalogue/v1/x/%2E%2e/products",
    ] {
        let answer = world.fleet.send(Request::new("GET", path)).await;
        assert_eq!(answer.body, world.fleet.send(Request::new("GET", PATH)).await.body, "{path}");
    }
    world.end().await;
}

#[tokio::test]
async fn what_is_not_routed_is_not_reached() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    for path in [
        "/api",
        "/api/",
        "/api/orders",
        "/api/ordersv1/orders",
        "/api/unknown/v1/things",
        "/API/orders/v1/orders",
        "/products",
        "/stocks",
        "/health",
        "/healthcheck",
        "/livez",
        "/readyz",
        "/metrics",
        "/events",
        "/letters",
        "/administration",
        "/api/orders/v1/../../../events",
        "/api/orders/v1/../../../letters",
    ] {
        for method in ["GET", "PUT", "POST"] {
            let request = Request::new(method, path).bearer(&secret);
            world.refuses(world.fleet.gateway(), &request, path, (404, "no-route")).await;
        }
    }
    for path in ["/api/orders/v1/events", "/api/stock/v1/admin/picks/1", "/api/catalogue/v1/metrics"] {
        let request = Request::new("GET", path).bearer(&ada());
        world.refuses(world.fleet.gateway(), &request, path, (404, "not-found")).await;
    }
    world.end().await;
}
