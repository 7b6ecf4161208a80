//! Commands happen once per key.

use tradewind_chassis::Running;
use tradewind_testkit::until;

use crate::lamps::{ask, code, get, lamps, post};

async fn lit(running: &Running) -> String {
    ask(running, "public", get("/lamps")).await.2
}

#[tokio::test(start_paused = true)]
async fn the_same_key_gives_the_same_answer_and_one_effect() {
    let running = lamps().await;
    let (status, headers, first) = ask(&running, "public", post("k", r#"{"name":"a"}"#)).await;
    assert_eq!((status.as_u16(), first.as_str()), (202, "1"));
    assert_eq!(headers["location"], "/lamps/a");
    // White space and quotes around the key make no difference.
    let (status, headers, again) = ask(&running, "public", post("\"k\"", r#" { "name" : "a" } "#)).await;
    assert_eq!((status.as_u16(), again), (202, first));
    assert_eq!(headers["idempotent-replayed"], "true");
    assert_eq!(headers["location"], "/lamps/a");
    assert_eq!(lit(&running).await, r#"[["a",1]]"#);
}

#[tokio::test(start_paused = true)]
async fn another_body_under_the_same_key_is_refused() {
    let running = lamps().await;
    ask(&running, "public", post("k", r#"{"name":"a"}"#)).await;
    let (status, _, body) = ask(&running, "public", post("k", r#"{"name":"b"}"#)).await;
    assert_eq!((status.as_u16(), code(&body).as_str()), (422, "idempotency-key-reused"));
    assert_eq!(lit(&running).await, r#"[["a",1]]"#);
}

#[tokio::test(start_paused = true)]
async fn keys_of_different_callers_do_not_meet() {
    let running = lamps().await;
    for who in ["01980000-0000-7000-8000-000000000001", "01980000-0000-7000-8000-000000000002"] {
        let mut request = post("k", r#"{"name":"a"}"#);
        let token = format!("Bearer dev-user-{who}").parse().unwrap();
        request.headers_mut().insert("authorization", token);
        let (_, headers, _) = ask(&running, "public", request).await;
        assert!(!headers.contains_key("idempotent-replayed"));
    }
    assert_eq!(lit(&running).await, r#"[["a",2]]"#);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_kept_and_a_fault_is_not() {
    let running = lamps().await;
    for (name, status, replayed) in [
        ("broken", 409, true),
        ("short circuit", 500, false),
        ("regretted", 409, false),
        ("unplugged", 500, false),
    ] {
        let (key, body) = (name.split(' ').next().unwrap(), format!(r#"{{"name":"{name}"}}"#));
        let (first, _, _) = ask(&running, "public", post(key, &body)).await;
        let (again, headers, _) = ask(&running, "public", post(key, &body)).await;
        assert_eq!((first.as_u16(), again.as_u16()), (status, status), "{name}");
        assert_eq!(headers.contains_key("idempotent-replayed"), replayed, "{name}");
    }
    assert_eq!(lit(&running).await, "[]", "nothing was left half-done");
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_none_are_named() {
    let running = lamps().await;
    let long = "x".repeat(256);
    for (keys, expected) in [
        (vec![], "idempotency-key-missing"),
        (vec!["a", "b"], "idempotency-key-invalid"),
        (vec![""], "idempotency-key-invalid"),
        (vec!["a b"], "idempotency-key-invalid"),
        (vec![long.as_str()], "idempotency-key-invalid"),
    ] {
        let mut request = post("k", r#"{"name":"a"}"#);
        request.headers_mut().remove("idempotency-key");
        for key in &keys {
            request.headers_mut().append("idempotency-key", key.parse().unwrap());
        }
        let (status, _, body) = ask(&running, "public", request).await;
        assert_eq!((status.as_u16(), code(&body).as_str()), (400, expected), "{keys:?}");
    }
    assert_eq!(lit(&running).await, "[]");
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_caller_goes_away_is_carried_out() {
    let running = lamps().await;
    let peer = running.book().peer("lamps/public");
    {
        let mut call = Box::pin(peer.send(post("k", r#"{"name":"a"}"#)));
        let waker = std::task::Waker::noop();
        assert!(call.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    }
    let headers = until("the command has ended", async || {
        let (status, headers, _) = ask(&running, "public", post("k", r#"{"name":"a"}"#)).await;
        (status != 409).then_some(headers)
    });
    assert_eq!(headers.await["idempotent-replayed"], "true");
}
