//! What the platform adds to every internal door.

use std::net::SocketAddr;

use tradewind_fleet::assembly;
use tradewind_testkit::Request;

use super::world::World;

/// The routes on letters, with a body that each takes where it takes one.
const LETTERS: [(&str, &str, Option<&str>); 5] = [
    ("GET", "/letters", None),
    ("GET", "/letters/orders/1", None),
    ("PUT", "/letters/orders/1", Some(r#"{"data":{},"reason":"mended"}"#)),
    ("POST", "/letters/orders/1/replay", None),
    ("DELETE", "/letters/orders/1", Some(r#"{"reason":"given up"}"#)),
];

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
            "waitMs=8001",
            "waitMs=-1",
            "last=x",
            "last=-1",
            "correlation=x",
            "correlation=",
            "key=%00",
            "key=a&correlation=01980000-0000-7000-8000-000000000001",
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
async fn log_lines_and_spans_need_the_secret_and_a_place_to_begin() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    let id = "01980000-0000-7000-8000-000000000001";
    let many = format!("correlation={}", [id; 9].join(","));
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        for path in ["/logs", "/traces"] {
            let what = format!("{name} {path}");
            world.refuses(door, &Request::new("GET", path), &what, (401, "unauthenticated")).await;
            let wrong = Request::new("GET", path).bearer("wrong");
            world.refuses(door, &wrong, &what, (401, "unauthenticated")).await;
            for query in [
                "after=x",
                "after=-1",
                "after=9223372036854775808",
                "limit=0",
                "limit=1001",
                "limit=65536",
                "waitMs=8001",
                "waitMs=x",
                "correlation=x",
                "correlation=",
                &many,
                "trace=x",
                "trace=00000000000000000000000000000000",
                "trace=4BF92F3577B34DA6A3CE929D0E0E4736",
                "key=a",
                "after=0&after=0",
            ] {
                let request = Request::new("GET", &format!("{path}?{query}")).bearer(&secret);
                world.refuses(door, &request, &format!("{what} {query}"), (400, "invalid-parameter")).await;
            }
            let post = Request::new("POST", path).bearer(&secret);
            world.refuses(door, &post, &what, (405, "method-not-allowed")).await;
            let far = Request::new("GET", &format!("{path}?after=9223372036854775807&waitMs=0"));
            assert_eq!(far.bearer(&secret).send(door).await.status, 200, "{what}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn evidence_is_for_who_has_the_secret_and_takes_no_wishes() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        for path in ["/evidence", "/evidence/head", "/events/horizon", "/subscriptions", "/peers", "/backup"]
        {
            let what = format!("{name} {path}");
            world.refuses(door, &Request::new("GET", path), &what, (401, "unauthenticated")).await;
            let wrong = Request::new("GET", path).bearer("wrong");
            world.refuses(door, &wrong, &what, (401, "unauthenticated")).await;
            let post = Request::new("POST", path).bearer(&secret);
            world.refuses(door, &post, &what, (405, "method-not-allowed")).await;
            let query = Request::new("GET", &format!("{path}?table=item")).bearer(&secret);
            world.refuses(door, &query, &what, (400, "invalid-parameter")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn subscribers_are_registered_by_who_has_the_secret_and_where_the_log_has_come_to() {
    let world = World::new().await;
    let door = world.fleet.door("orders/internal");
    let secret = world.fleet.secret().expose().to_owned();
    let path = "/events/subscribers/reports";
    let open = Request::new("PUT", path).json(r#"{"position":0}"#);
    world.refuses(door, &open, path, (401, "unauthenticated")).await;
    let long = format!("/events/subscribers/{}", "x".repeat(101));
    for (path, body, status, code) in [
        (path, "{}", 422, "invalid-body"),
        (path, r#"{"position":-1}"#, 400, "invalid-parameter"),
        (path, r#"{"position":"1"}"#, 422, "invalid-body"),
        (path, r#"{"position":0,"more":1}"#, 422, "invalid-body"),
        ("/events/subscribers/Reports", r#"{"position":0}"#, 400, "invalid-parameter"),
        (long.as_str(), r#"{"position":0}"#, 400, "invalid-parameter"),
    ] {
        let request = Request::new("PUT", path).bearer(&secret).json(body);
        world.refuses(door, &request, &format!("{path} {body}"), (status, code)).await;
    }
    world.end().await;
}

#[tokio::test]
async fn subscriptions_are_held_by_who_has_the_secret_and_for_a_bounded_time() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    let path = "/backup/hold";
    let subscription = r#"{"subscription":"orders","token":1}"#;
    let bodies =
        [("PUT", r#"{"seconds":10}"#.to_owned()), ("DELETE", format!(r#"{{"held":[{subscription}]}}"#))];
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        for (method, body) in &bodies {
            let what = format!("{name} {method}");
            let without = Request::new(method, path).json(body);
            world.refuses(door, &without, &what, (401, "unauthenticated")).await;
            world.refuses(door, &without.clone().bearer("wrong"), &what, (401, "unauthenticated")).await;
            let query = Request::new(method, &format!("{path}?x=1")).bearer(&secret).json(body);
            world.refuses(door, &query, &what, (400, "invalid-parameter")).await;
        }
        let post = Request::new("POST", path).bearer(&secret);
        world.refuses(door, &post, &name, (405, "method-not-allowed")).await;
    }
    let door = listening(&world);
    for (method, body, status, code) in [
        ("PUT", "{", 400, "malformed-json"),
        ("PUT", "{}", 422, "invalid-body"),
        ("PUT", "[]", 422, "invalid-body"),
        ("PUT", r#"{"seconds":0}"#, 422, "invalid-body"),
        ("PUT", r#"{"seconds":61}"#, 422, "invalid-body"),
        ("PUT", r#"{"seconds":-1}"#, 422, "invalid-body"),
        ("PUT", r#"{"seconds":"10"}"#, 422, "invalid-body"),
        ("PUT", r#"{"seconds":18446744073709551616}"#, 422, "invalid-body"),
        ("PUT", r#"{"seconds":10,"more":1}"#, 422, "invalid-body"),
        ("DELETE", "{", 400, "malformed-json"),
        ("DELETE", "{}", 422, "invalid-body"),
        ("DELETE", r#"{"held":[7]}"#, 422, "invalid-body"),
        ("DELETE", r#"{"held":[{"subscription":"orders"}]}"#, 422, "invalid-body"),
        ("DELETE", r#"{"held":[{"subscription":"orders","token":"x"}]}"#, 422, "invalid-body"),
        ("DELETE", r#"{"held":[{"subscription":"orders","token":-1}]}"#, 409, "conflict"),
        ("DELETE", r#"{"held":[{"subscription":"nobody","token":1}]}"#, 409, "conflict"),
        ("DELETE", r#"{"held":[{"subscription":"","token":9223372036854775807}]}"#, 409, "conflict"),
    ] {
        let request = Request::new(method, path).bearer(&secret).json(body);
        world.refuses(door, &request, &format!("{method} {body}"), (status, code)).await;
    }
    let large = format!(r#"{{"seconds":10}}{}"#, " ".repeat(1024 * 1024));
    let large = Request::new("PUT", path).bearer(&secret).json(large);
    world.refuses(door, &large, "PUT", (413, "payload-too-large")).await;
    let plain = Request::new("PUT", path).bearer(&secret).body(r#"{"seconds":10}"#);
    world.refuses(door, &plain, "PUT", (415, "unsupported-media-type")).await;
    world.end().await;
}

/// A command or query on letters as whoever has the secret sends it.
fn letter(world: &World, method: &str, target: &str, body: Option<&str>) -> Request {
    let request = Request::new(method, target).bearer(world.fleet.secret().expose());
    let request = if method == "GET" { request } else { request.header("Idempotency-Key", world.key()) };
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// The internal door of a service that listens to orders, and so may have letters of them.
fn listening(world: &World) -> SocketAddr {
    world.fleet.door("stock/internal")
}

#[tokio::test]
async fn letters_are_for_who_has_the_secret() {
    let world = World::new().await;
    for name in internal_doors() {
        let door = world.fleet.door(&name);
        for (method, target, body) in LETTERS {
            let what = format!("{name} {method} {target}");
            let without = Request::new(method, target);
            let without = body.map_or(without.clone(), |body| without.json(body));
            world.refuses(door, &without, &what, (401, "unauthenticated")).await;
            let wrong = without.bearer("wrong");
            world.refuses(door, &wrong, &what, (401, "unauthenticated")).await;
        }
        let patch = letter(&world, "PATCH", "/letters/orders/1", None);
        world.refuses(door, &patch, &name, (405, "method-not-allowed")).await;
        let list = letter(&world, "GET", "/letters", None).send(door).await;
        assert_eq!((list.status, list.text().as_str()), (200, "[]"), "{name}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_letter_that_is_not_there_is_not_found() {
    let world = World::new().await;
    for (method, target, body) in &LETTERS[1..] {
        for name in ["orders/x", "orders/1.5", "orders/99999999999999999999", "nobody/1"] {
            let target = target.replace("orders/1", name);
            let request = letter(&world, method, &target, *body);
            world.refuses(listening(&world), &request, &target, (404, "not-found")).await;
        }
    }
    let show = letter(&world, "GET", "/letters/orders/1", None);
    world.refuses(listening(&world), &show, "show", (404, "not-found")).await;
    world.end().await;
}

#[tokio::test]
async fn a_command_on_letters_takes_its_body_its_key_and_nothing_else() {
    let world = World::new().await;
    let door = listening(&world);
    for (method, target, good) in &LETTERS[1..] {
        let what = format!("{method} {target}");
        let query = letter(&world, method, &format!("{target}?nope=1"), *good);
        world.refuses(door, &query, &what, (400, "invalid-parameter")).await;
        if *method == "GET" {
            continue;
        }
        let keyless = Request::new(method, target).bearer(world.fleet.secret().expose());
        let keyless = good.map_or(keyless.clone(), |good| keyless.json(good));
        world.refuses(door, &keyless, &what, (400, "idempotency-key-missing")).await;
        let Some(good) = good else {
            let request = letter(&world, method, target, Some("{}"));
            world.refuses(door, &request, &what, (422, "invalid-body")).await;
            continue;
        };
        for (body, status, code) in [
            ("{", 400, "malformed-json"),
            ("[]", 422, "invalid-body"),
            ("{}", 422, "invalid-body"),
            (&*good.replace('{', r#"{"surprise":1,"#).replacen(",}", "}", 1), 422, "invalid-body"),
            (&*good.replace("\"reason\":\"", "\"reason\":7,\"x\":\""), 422, "invalid-body"),
        ] {
            let request = letter(&world, method, target, Some(body));
            world.refuses(door, &request, &format!("{what} {body}"), (status, code)).await;
        }
        for reason in [String::new(), " ".to_owned(), "x".repeat(1001), "a\\u0000".to_owned()] {
            let body = good.replace("mended", &reason).replace("given up", &reason);
            let refusal = letter(&world, method, target, Some(&body));
            let refusal = world.refuses(door, &refusal, &what, (422, "invalid-body")).await;
            assert!(refusal.names("/reason"), "{refusal:?}");
        }
        let large = format!("{good}{}", " ".repeat(1024 * 1024));
        let large = letter(&world, method, target, Some(&large));
        world.refuses(door, &large, &what, (413, "payload-too-large")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_list_of_letters_has_bounds() {
    let world = World::new().await;
    for query in ["limit=0", "limit=1001", "limit=-1", "limit=x", "afterPosition=x", "after=1", "nope=1"] {
        let request = letter(&world, "GET", &format!("/letters?{query}"), None);
        world.refuses(listening(&world), &request, query, (400, "invalid-parameter")).await;
    }
    world.end().await;
}
