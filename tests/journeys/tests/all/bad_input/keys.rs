//! The key of a command.

use super::routes::{Input, Route};
use super::world::{Draft, Trace, World, route, routes};

/// The request with these keys and no other.
fn with_keys(world: &World, route: &Route, keys: &[&[u8]]) -> Draft {
    let draft = Draft { key: None, ..world.good(route) };
    keys.iter().fold(draft, |draft, key| draft.with_header("Idempotency-Key", *key))
}

#[tokio::test]
async fn a_command_without_a_key_is_refused() {
    let world = World::new().await;
    for route in routes(Route::is_command) {
        let draft = with_keys(&world, route, &[]);
        world.refuses_at(route, &draft, (400, "idempotency-key-missing")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let world = World::new().await;
    let long = "k".repeat(256);
    let bad: [&[&[u8]]; 9] = [
        &[b""],
        &[b"\"\""],
        &[b"a b"],
        &[b"a\tb"],
        &[b"a\xe9"],
        &[long.as_bytes()],
        &[b"a", b"a"],
        &[b"a", b"b"],
        &[b"a", b""],
    ];
    for route in routes(Route::is_command) {
        for keys in bad {
            let draft = with_keys(&world, route, keys);
            for refusal in world.refuses_at(route, &draft, (400, "idempotency-key-invalid")).await {
                assert!(refusal.names("Idempotency-Key"), "{refusal:?}");
            }
        }
    }
    world.end().await;
}

#[tokio::test]
async fn the_longest_key_is_taken() {
    let world = World::new().await;
    let order = route("POST", "/api/orders/v1/orders");
    let draft = with_keys(&world, order, &["k".repeat(255).as_bytes()]);
    assert_eq!(draft.request().send(world.fleet.gateway()).await.status, 202);
    world.end().await;
}

#[tokio::test]
async fn a_key_cannot_be_used_for_something_else() {
    let world = World::new().await;
    for route in routes(Route::is_command) {
        let first = world.good(route);
        assert!(first.request().send(world.doors(route)[0]).await.status < 300, "{route:?}");
        world.settle().await;
        if let Input::Json(body) = route.input {
            let other = body.replace("\"1", "\"2").replace(":1", ":2").replace("12345678", "7");
            assert_ne!(other, body, "{route:?}");
            let reused = Draft { key: first.key.clone(), ..first.clone() }.with_body(other);
            world.refuses_at(route, &reused, (422, "idempotency-key-reused")).await;
        }
        if route.has_parameter() {
            let by_id = ["orders", "customers", "payments", "cart", "webhooks", "mail"]
                .iter()
                .any(|service| route.door.starts_with(service));
            let mut elsewhere = first.clone();
            elsewhere.target = route.at(if by_id { "01980000-0000-7000-8000-00000000000b" } else { "2" });
            world.refuses_at(route, &elsewhere, (422, "idempotency-key-reused")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn what_needs_no_body_takes_none() {
    let world = World::new().await;
    for route in routes(|route| matches!(route.input, Input::Key | Input::Address)) {
        for body in ["{}", "null", " ", "x"] {
            let mut draft = world.good(route).with_body(body);
            draft.media_type = Some("application/json");
            world.refuses_and_leaves(route, &draft, (422, "invalid-body"), Trace::None).await;
        }
    }
    world.end().await;
}
