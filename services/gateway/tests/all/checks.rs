//! Checks of endpoints, as a policy asks for them.

use std::time::Duration;

use tradewind_testkit::{Request, until};

use crate::backend::{Backend, Does};
use crate::fleet::{Fleet, of_backend};
use crate::gateway::{Gateway, route};

const UNWELL: Does = Does::Says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");

/// A policy with checks, each second.
fn checked(more: &str) -> String {
    format!(
        "  healthCheck: {{active: {{path: /ready?deep=1, interval: 1s, timeout: 300ms{more}}}, passive: {{}}}}\n"
    )
}

/// Waits until the internal door shows an endpoint like this.
async fn shown(fleet: &Fleet, name: &str, state: &str) {
    let wanted = format!("{} ({state})", fleet.backends[name].address);
    until(&wanted, async || fleet.gateway.ask("/backends").await.text().contains(&wanted).then_some(()))
        .await;
    // Threads that serve look ten times a second.
    tokio::time::sleep(Duration::from_millis(250)).await;
}

/// How many requests of clients, and how many checks, an endpoint got.
fn got(backend: &Backend) -> (usize, usize) {
    let received = backend.received();
    let checks = received.iter().filter(|request| request.target() == "/ready?deep=1").count();
    (received.len() - checks, checks)
}

#[tokio::test]
async fn an_endpoint_that_does_not_work_is_found_out_before_a_client_does() {
    let fleet = Fleet::start(3, &checked(""), &["--threads", "2"]).await;
    let unwell = &fleet.backends["1"];
    unwell.now(UNWELL);
    shown(&fleet, "1", "unhealthy").await;
    shown(&fleet, "0", "healthy").await;
    let before = got(unwell).0;
    for number in 0..100 {
        let method = if number % 2 == 0 { "GET" } else { "POST" };
        assert_ne!(fleet.asked(Request::new(method, "/")).await, "1");
    }
    assert_eq!(got(unwell).0, before, "not one request of a client came there");
    let check = unwell.received().into_iter().find(|request| request.target() == "/ready?deep=1").unwrap();
    assert!(check.head.starts_with("GET "), "{}", check.head);
    assert_eq!(check.values("host"), [unwell.address.to_string()]);
    unwell.now(Does::Answers);
    shown(&fleet, "1", "healthy").await;
    until("it is asked again", async || {
        fleet.asked(Request::new("GET", "/")).await;
        (got(unwell).0 > before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn so_many_answers_in_a_row_change_the_verdict() {
    let fleet = Fleet::start(2, &checked(", unhealthyThreshold: 2, healthyThreshold: 3"), &[]).await;
    let backend = &fleet.backends["0"];
    shown(&fleet, "0", "healthy").await;
    for (does, state, checks) in [(Does::Holds, "unhealthy", 2), (Does::Answers, "healthy", 3)] {
        let before = got(backend).1;
        backend.now(does);
        shown(&fleet, "0", state).await;
        let took = got(backend).1 - before;
        assert!((checks..=checks + 1).contains(&took), "{took} checks until it is {state}");
    }
    let errors = fleet.gateway.errors();
    assert!(
        errors.contains("an endpoint fails its checks") && errors.contains("no answer in time"),
        "{errors}"
    );
}

#[tokio::test]
async fn only_the_statuses_that_the_policy_names_are_good() {
    let fleet = Fleet::start(1, &checked(", expectedStatuses: [204, 503]"), &[]).await;
    shown(&fleet, "0", "unhealthy").await;
    fleet.backends["0"].now(UNWELL);
    shown(&fleet, "0", "healthy").await;
}

#[tokio::test]
async fn where_all_fail_all_are_asked() {
    let fleet = Fleet::start(2, &checked(", expectedStatuses: [204]"), &["--threads", "1"]).await;
    shown(&fleet, "0", "unhealthy").await;
    shown(&fleet, "1", "unhealthy").await;
    for _ in 0..40 {
        fleet.asked(Request::new("GET", "/")).await;
    }
    assert!(got(&fleet.backends["0"]).0 > 0 && got(&fleet.backends["1"]).0 > 0);
}

#[tokio::test]
async fn threads_do_not_multiply_checks_and_a_reload_ends_them() {
    let mut fleet = Fleet::start(2, &checked(""), &["--threads", "4"]).await;
    shown(&fleet, "0", "healthy").await;
    shown(&fleet, "1", "healthy").await;
    let count = |fleet: &Fleet, name: &str| got(&fleet.backends[name]).1;
    let before = count(&fleet, "0");
    tokio::time::sleep(Duration::from_millis(3_000)).await;
    let checks = count(&fleet, "0") - before;
    assert!((1..=4).contains(&checks), "{checks} checks in three seconds");
    // Who is listed no more is not asked; the others keep what is known of them.
    let left = fleet.leave("1").await;
    let text = fleet.gateway.ask("/backends").await.text();
    assert!(text.contains("(healthy)"), "{text}");
    let of_left = got(&left).1;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(got(&left).1, of_left);
    fleet.gateway.write("policy.yaml", &of_backend("  timeouts: {connect: 1s, idle: 20s}\n"));
    until("nobody checks", async || {
        (!fleet.gateway.ask("/backends").await.text().contains("(healthy)")).then_some(())
    })
    .await;
    let before = count(&fleet, "0");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(count(&fleet, "0"), before);
}

#[tokio::test]
async fn the_internal_door_shows_who_is_left_alone_for_its_failures() {
    let passive =
        "  healthCheck: {passive: {consecutiveErrors: 2, baseEjectionTime: 2s, maxEjectionTime: 2s}}\n";
    let fleet = Fleet::start(2, passive, &["--threads", "1"]).await;
    fleet.backends["1"].now(Does::Closes);
    let wanted = format!("{} (left alone by 1 of 1 threads)", fleet.backends["1"].address);
    let is_shown = async || fleet.gateway.ask("/backends").await.text().contains(&wanted);
    until("it is left alone", async || {
        fleet.asked(Request::new("GET", "/")).await;
        is_shown().await.then_some(())
    })
    .await;
    assert_eq!(got(&fleet.backends["1"]).0, 0);
    fleet.backends["1"].now(Does::Answers);
    until("it is asked again", async || {
        fleet.asked(Request::new("GET", "/")).await;
        (got(&fleet.backends["1"]).0 > 0).then_some(())
    })
    .await;
    until("it is not left alone", async || (!is_shown().await).then_some(())).await;
}

#[tokio::test]
async fn who_stops_asks_no_more() {
    let fleet = Fleet::start(1, &checked(""), &[]).await;
    let backend = &fleet.backends["0"];
    shown(&fleet, "0", "healthy").await;
    // Another gateway shows that time passes.
    let policy = of_backend(&checked("").replace("/ready?deep=1", "/other"));
    let other =
        Gateway::with_route(&format!("{}---\n{policy}", route("shop", "/")), &[backend.address], &[]).await;
    let asked = |target: &str| backend.received().iter().filter(|request| request.target() == target).count();
    backend.now(Does::Holds);
    let address = fleet.gateway.address;
    let held = tokio::spawn(async move { Request::new("GET", "/").send(address).await });
    until("a request is under way", async || (asked("/") == 1).then_some(())).await;
    let Fleet { mut gateway, backends } = fleet;
    let backend = &backends["0"];
    let asked = |target: &str| backend.received().iter().filter(|request| request.target() == target).count();
    gateway.signal("TERM").await;
    gateway.says("stopping: requests under way").await;
    let (before, before_other) = (asked("/ready?deep=1"), asked("/other"));
    until("the other has asked some more", async || (asked("/other") >= before_other + 4).then_some(()))
        .await;
    assert_eq!(asked("/ready?deep=1"), before);
    drop((other, held));
}
