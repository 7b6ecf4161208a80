//! What the door of a registry refuses.

use http::Method;
use serde_json::{Value, json};

use super::{Rig, lamps, secret};

const TOKEN: &str = "the secret of this test";

fn good() -> Value {
    serde_json::to_value(lamps(1)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_put_listed_and_deleted() {
    let rig = Rig::new();
    let put = rig.send(Method::PUT, "/instances/a", Some(TOKEN), &good().to_string()).await;
    assert_eq!(put, (200, r#"{"ttlMs":2500}"#.to_owned()));
    let (status, listed) = rig.send(Method::GET, "/instances", Some(TOKEN), "").await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((status, &listed["instances"][0]["instance"]["service"]), (200, &json!("lamps")));
    assert_eq!((&listed["version"], &listed["isSettled"]), (&json!(2), &json!(false)));
    assert_eq!(rig.send(Method::DELETE, "/instances/a", Some(TOKEN), "").await, (204, String::new()));
    assert_eq!(rig.send(Method::DELETE, "/instances/a", Some(TOKEN), "").await.0, 204);
    assert!(rig.registry().listing().instances.is_empty());
    assert_eq!(rig.send(Method::GET, "/readyz", None, "").await, (200, "ready".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn only_the_fleet_comes_in() {
    let rig = Rig::new();
    assert_eq!(secret().expose(), TOKEN);
    for token in [None, Some(""), Some("the secret of this tesT"), Some("the secret of this test ")] {
        for (method, target) in
            [(Method::GET, "/instances"), (Method::PUT, "/instances/a"), (Method::DELETE, "/instances/a")]
        {
            let (status, text) = rig.send(method, target, token, &good().to_string()).await;
            assert_eq!((status, text.contains("unauthenticated")), (401, true), "{token:?} {target}");
        }
    }
    assert!(rig.registry().listing().instances.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_instance_is_refused_with_its_place() {
    let rig = Rig::new();
    let with = |pointer: &str, value: Value| {
        let mut instance = good();
        *instance.pointer_mut(pointer).unwrap() = value;
        instance.to_string()
    };
    let many: serde_json::Map<String, Value> =
        (0..33).map(|at| (format!("door{at}"), json!("127.0.0.1:1"))).collect();
    for (body, part) in [
        (String::new(), "no instance"),
        ("{}".to_owned(), "missing field"),
        (with("/service", json!("")), "/service"),
        (with("/service", json!("x".repeat(201))), "/service"),
        (with("/replica", json!("")), "/replica"),
        (with("/doors/public", json!("nowhere")), "/doors"),
        (with("/doors", json!({"": "127.0.0.1:1"})), "/doors"),
        (with("/doors", Value::Object(many)), "/doors"),
        (with("/metadata", json!({"a": "x".repeat(201)})), "/metadata"),
        (format!("{{\"unknown\":1,{}", &good().to_string()[1..]), "unknown field"),
    ] {
        let (status, text) = rig.send(Method::PUT, "/instances/a", Some(TOKEN), &body).await;
        assert_eq!((status, text.contains(part)), (422, true), "{body}: {text}");
    }
    let long = with("/service", json!("x".repeat(20_000)));
    assert_eq!(rig.send(Method::PUT, "/instances/a", Some(TOKEN), &long).await.0, 413);
    assert!(rig.registry().listing().instances.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_question_is_refused() {
    let rig = Rig::new();
    for (method, target, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/instances/", 404),
        (Method::PUT, "/instances/a/b", 404),
        (Method::PUT, "/instances/a%20b", 404),
        (Method::POST, "/instances", 405),
        (Method::GET, "/instances/a", 405),
        (Method::GET, "/instances?after=x", 400),
        (Method::GET, "/instances?waitMs=-1", 400),
        (Method::GET, "/instances?unknown=1", 400),
    ] {
        let (found, text) = rig.send(method, target, Some(TOKEN), &good().to_string()).await;
        assert_eq!(found, status, "{target}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_has_room_for_so_many() {
    let rig = Rig::new();
    let registry = rig.registry();
    (0..4_096).for_each(|at| registry.hear(&at.to_string(), lamps(1)).unwrap());
    assert_eq!(registry.hear("one more", lamps(1)).unwrap_err().status(), 503);
    assert!(registry.hear("7", lamps(1)).is_ok(), "those who are there are heard");
    registry.forget("7");
    assert!(registry.hear("one more", lamps(1)).is_ok());
}
