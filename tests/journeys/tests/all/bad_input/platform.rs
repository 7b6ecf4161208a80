//! What the platform adds to every internal door.

use tradewind_fleet::assembly;
use tradewind_testkit::Request;

use super::world::World;

fn internal_doors() -> Vec<String> {
    assembly().descriptions().iter().map(|service| format!("{}/internal", service.name)).collect()
}

#[tokio::test]
async fn probes_and_metrics_need_no_secret_and_take_no_wrong_one() {
    let world = World::new().await;
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
            assert_eq!(Request::new("GET", path).send(door).await.status, 200, "{name} {path}");
            let wrong = Request::new("GET", path).bearer("wrong");
            world.refuses(door, &wrong, path, (401, "unauthenticated")).await;
            let post = Request::new("POST", path);
            world.refuses(door, &post, path, (405, "method-not-allowed")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn the_feed_needs_the_secret_and_a_place_to_begin() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        world.refuses(door, &Request::new("GET", "/events"), &name, (401, "unauthenticated")).await;
        let wrong = Request::new("GET", "/events?after=0").bearer("wrong");
        world.refuses(door, &wrong, &name, (401, "unauthenticated")).await;
        for query in [
            "after=x",
            "after=",
            "after=1.5",
            "after=-1",
            "after=9223372036854775808",
            "limit=-1",
            "limit=0",
            "limit=1001",
            "limit=65536",
            "nope=1",
            "after=0&after=0",
        ] {
            let request = Request::new("GET", &format!("/events?{query}")).bearer(&secret);
            world.refuses(door, &request, &format!("{name} {query}"), (400, "invalid-parameter")).await;
        }
        let post = Request::new("POST", "/events").bearer(&secret);
        world.refuses(door, &post, &name, (405, "method-not-allowed")).await;
        let nowhere = Request::new("GET", "/nowhere").bearer(&secret);
        world.refuses(door, &nowhere, &name, (404, "not-found")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn letters_that_are_none_cannot_be_handled() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        world.refuses(door, &Request::new("GET", "/letters"), &name, (401, "unauthenticated")).await;
        for query in ["limit=0", "limit=x", "nope=1"] {
            let request = Request::new("GET", &format!("/letters?{query}")).bearer(&secret);
            world.refuses(door, &request, &format!("{name} {query}"), (400, "invalid-parameter")).await;
        }
        for path in ["/letters/nobody/7", "/letters/orders/seven"] {
            let show = Request::new("GET", path).bearer(&secret);
            world.refuses(door, &show, &format!("{name} {path}"), (404, "not-found")).await;
        }
    }
    let door = world.fleet.door("orders/internal");
    let edit = |body: &str| Request::new("PUT", "/letters/stock/7").bearer(&secret).json(body);
    let unnamed = edit(r#"{"data":{},"reason":"r"}"#);
    world.refuses(door, &unnamed, "no key", (400, "idempotency-key-missing")).await;
    let broken = edit("{").header("Idempotency-Key", "a");
    world.refuses(door, &broken, "no JSON", (400, "malformed-json")).await;
    let more = edit(r#"{"data":{},"reason":"r","more":1}"#).header("Idempotency-Key", "b");
    world.refuses(door, &more, "more than there is", (422, "invalid-body")).await;
    world.end().await;
}
