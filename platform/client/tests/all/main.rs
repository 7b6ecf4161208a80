//! Calls to near and far peers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod balancing;
mod dying;
mod foreign;
mod grpc;
mod policies;
mod recovering;
mod slices;

use std::time::Duration;

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tradewind_client::{Address, Body, BodyError, Caller, FarClient, NearReceiver, PhoneBook, headers, near};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret, Timestamp};
use tradewind_problem::{CONFLICT, Problem};

fn caller(book: &PhoneBook, limit: Duration) -> Caller {
    let (clock, entropy) = (Clock::simulated(Timestamp::from_micros(0)), Entropy::seeded(1));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, limit);
    Caller::new(book.peer("echo"), context, deadline, clock, entropy)
}

fn book(bound: usize) -> (PhoneBook, NearReceiver) {
    let (door, receiver) = near(bound);
    let book = PhoneBook::default();
    book.enter("echo", Address::Near(door));
    (book, receiver)
}

/// Answers with what arrived: method, path, context headers, body.
async fn echo(mut receiver: NearReceiver) {
    while let Some((request, answer)) = receiver.next().await {
        let timeout = headers::timeout(request.headers()).unwrap();
        let trace = headers::trace(request.headers()).unwrap();
        let seen = json!({
            "method": request.method().as_str(),
            "path": request.uri().to_string(),
            "timeout": u64::try_from(timeout.as_millis()).unwrap(),
            "trace": trace.trace_id(),
            "token": headers::single(request.headers(), &http::header::AUTHORIZATION),
            "body": String::from_utf8(request.into_body().collect(100).await.unwrap().to_vec()).unwrap(),
        });
        answer(Response::new(Body::from(seen.to_string())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_near_call_carries_context_deadline_and_token() {
    let (book, receiver) = book(1);
    tokio::spawn(echo(receiver));
    let caller = caller(&book, Duration::from_secs(3)).bearer(Secret::new("t"));
    let seen: Value = caller.send(Method::POST, "/a?b=c", &json!({"x": 1})).await.unwrap();
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["path"], "/a?b=c");
    assert_eq!(seen["timeout"], 3000);
    assert_eq!(seen["token"], "Bearer t");
    assert_eq!(seen["body"], r#"{"x":1}"#);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_costs_the_deadline_and_no_more() {
    let (book, _receiver) = book(1);
    let problem = caller(&book, Duration::from_secs(2)).get::<Value>("/").await.unwrap_err();
    assert_eq!(problem.code(), "deadline-exceeded");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once() {
    let (book, _receiver) = book(1);
    let waiting = caller(&book, Duration::from_secs(1));
    let (first, second) = tokio::join!(waiting.get::<Value>("/1"), waiting.get::<Value>("/2"));
    assert_eq!(first.unwrap_err().code(), "deadline-exceeded");
    let refused = second.unwrap_err();
    assert_eq!(refused.code(), "unavailable");
    assert!(refused.caller_text().unwrap().contains("queue is full"));
}

#[tokio::test(start_paused = true)]
async fn a_peers_problem_comes_back_as_it_is() {
    let (book, mut receiver) = book(1);
    tokio::spawn(async move {
        let (_, answer) = receiver.next().await.unwrap();
        answer(Problem::new(&CONFLICT).detail("already done").to_response().map(Body::from));
    });
    let problem = caller(&book, Duration::from_secs(1)).get::<Value>("/").await.unwrap_err();
    assert!(problem.is(&CONFLICT));
    assert_eq!(problem.caller_text(), Some("already done"));
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_unavailable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let book = PhoneBook::default();
    book.enter("echo", Address::Far(FarClient::new(&free.to_string()).unwrap()));
    let problem = caller(&book, Duration::from_secs(5)).get::<Value>("/").await.unwrap_err();
    assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE.as_u16());
}

#[tokio::test]
async fn bodies_are_read_up_to_their_bound() {
    assert_eq!(Body::from("12345".to_owned()).collect(5).await.unwrap(), "12345");
    assert_eq!(Body::from("123456".to_owned()).collect(5).await, Err(BodyError::TooLarge { limit: 5 }));
}

#[test]
fn an_unknown_peer_is_named_with_the_known_ones() {
    let (book, _receiver) = book(1);
    let error = book.require("ecko").unwrap_err();
    assert_eq!(error.to_string(), r#"unknown peer "ecko"; known are: echo"#);
    assert!(FarClient::new("no port").is_err() && FarClient::new("host").is_err());
}
