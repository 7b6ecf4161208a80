//! What surrounds every request.

use http::Request;
use tradewind_client::Body;

use crate::lamps::{ask, code, get, lamps};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(start_paused = true)]
async fn the_callers_trace_and_principal_arrive() {
    let running = lamps().await;
    let request = Request::get("/lamps/5")
        .header("traceparent", TRACE)
        .header("authorization", "Bearer dev-staff-01980000-0000-7000-8000-000000000001")
        .body(Body::empty())
        .unwrap();
    let (_, _, body) = ask(&running, "public", request).await;
    assert!(body.contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{body}");
    assert!(body.contains("staff:01980000-0000-7000-8000-000000000001"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_a_problem_that_says_what_to_change() {
    let running = lamps().await;
    let put = |media_type: &str, body: String| {
        Request::put("/measure").header("content-type", media_type).body(Body::from(body)).unwrap()
    };
    let with =
        |name: &str, value: &str| Request::get("/lamps/5").header(name, value).body(Body::empty()).unwrap();
    let cases = [
        (get("/nothing"), 404, "not-found"),
        (get("/lamps/many"), 404, "not-found"),
        (get("/lamps?colour=red"), 400, "invalid-parameter"),
        (Request::delete("/lamps").body(Body::empty()).unwrap(), 405, "method-not-allowed"),
        (put("text/plain", "\"x\"".into()), 415, "unsupported-media-type"),
        (put("application/json", "\"open".into()), 400, "malformed-json"),
        (put("application/json", "5".into()), 422, "invalid-body"),
        (put("application/json", format!("\"{}\"", "x".repeat(1024 * 1024))), 413, "payload-too-large"),
        (with("authorization", "Basic eDp5"), 401, "unauthenticated"),
        (with("authorization", "Bearer nonsense"), 401, "unauthenticated"),
        (get("/panic"), 500, "internal"),
        (get("/slow"), 504, "deadline-exceeded"),
    ];
    for (request, status, expected) in cases {
        let target = format!("{} {}", request.method(), request.uri());
        let (found, headers, body) = ask(&running, "public", request).await;
        assert_eq!((found.as_u16(), code(&body).as_str()), (status, expected), "{target}");
        assert_eq!(headers["content-type"], "application/problem+json", "{target}");
        assert!(body.contains("traceId"), "{target}: {body}");
        let silent = !body.contains("\"detail\"") && !body.contains("\"errors\"");
        assert!(!silent || status == 500, "{target} does not say what to change: {body}");
        if status == 405 {
            assert_eq!(headers["allow"], "GET, POST, HEAD");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_ask_for_a_nearer_deadline_but_not_for_a_farther_one() {
    let running = lamps().await;
    for (asked, took) in [("500", 500), ("999999", 10_000)] {
        let before = running.clock().monotonic();
        let request =
            Request::get("/slow").header("tradewind-timeout-ms", asked).body(Body::empty()).unwrap();
        ask(&running, "public", request).await;
        let elapsed = running.clock().monotonic().saturating_sub(before).as_millis();
        assert!((took..took + 10).contains(&elapsed), "{elapsed} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn head_is_get_without_the_body() {
    let running = lamps().await;
    let request = Request::head("/lamps").body(Body::empty()).unwrap();
    let (status, _, body) = ask(&running, "public", request).await;
    assert_eq!((status.as_u16(), body.as_str()), (200, ""));
}

#[tokio::test(start_paused = true)]
async fn the_internal_door_opens_for_probes_and_for_the_secret_only() {
    let running = lamps().await;
    for open in ["/livez", "/readyz", "/startupz", "/metrics"] {
        assert_eq!(ask(&running, "internal", get(open)).await.0.as_u16(), 200, "{open}");
    }
    let with = |token: &str| {
        Request::get("/events")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    let secret = running.secret().expose().to_owned();
    for (request, status) in [(get("/events"), 401), (with("wrong"), 401), (with(&secret), 200)] {
        let (found, headers, _) = ask(&running, "internal", request).await;
        assert_eq!(found.as_u16(), status);
        assert_eq!(headers.contains_key("www-authenticate"), status == 401);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_by_route_template() {
    let running = lamps().await;
    for number in 0..50 {
        ask(&running, "public", get(&format!("/lamps/{number}"))).await;
    }
    let (_, _, text) = ask(&running, "internal", get("/metrics")).await;
    let line =
        text.lines().find(|line| line.starts_with("http_requests_total") && line.contains("/lamps/{number}"));
    assert!(line.is_some_and(|line| line.ends_with(" 50")), "{text}");
    assert!(!text.contains("/lamps/7"), "raw paths must not become labels");
}
