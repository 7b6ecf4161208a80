//! What the upstream answers.

use std::time::Instant;

use crate::program::Upstream;

#[test]
fn it_answers_what_was_made_in_advance() {
    let upstream = Upstream::start(&[]);
    let small = upstream.get("/");
    assert!(small.starts_with("HTTP/1.1 200 OK\r\n") && small.contains("Content-Length: 1024\r\n"));
    let big = upstream.get("/big");
    assert_eq!(big.split_once("\r\n\r\n").map(|(_, body)| body.len()), Some(65_536));
    assert!(upstream.get("/status/404").starts_with("HTTP/1.1 404 "));
    assert!(upstream.get("/status/204").ends_with("canned\r\n\r\n"));
    assert!(upstream.get("/close").contains("Connection: close"));
    let stats = upstream.get("/canned/stats");
    assert!(stats.contains("\"requests\":6,\"connections_opened\":6,\"connections_open\":1"), "{stats}");
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let upstream = Upstream::start(&[]);
    let paths =
        ["/status/201", "/checkout/slow?ms=100", "/big", "/stream?events=2&ms=10", "/close", "/status/202"];
    let requests: Vec<_> =
        paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    let answers = upstream.exchange(&requests.concat());
    let count = |text: &str| answers.matches(text).count();
    assert_eq!((count("HTTP/1.1 "), count("HTTP/1.1 201"), count("HTTP/1.1 202")), (5, 1, 0));
    let place = |text: &str| answers.find(text).unwrap_or_else(|| panic!("no {text} in {answers}"));
    assert!(place("HTTP/1.1 201") < place("Content-Length: 1024"));
    assert!(place("Content-Length: 1024") < place("Content-Length: 65536"));
    assert!(place("Content-Length: 65536") < place("\"left\":2") && place("\"left\":1") < place("close"));
}

#[test]
fn a_request_that_comes_while_another_waits_is_answered_after_it() {
    let upstream = Upstream::start(&[]);
    let slow = "GET /slow?ms=100 HTTP/1.1\r\nHost: x\r\n\r\n";
    let quick = "GET /status/201 HTTP/1.1\r\nHost: x\r\n\r\n";
    let answers = upstream.exchange_parts(&[slow, &quick[..20], &quick[20..]]);
    let place = |text: &str| answers.find(text).unwrap_or_else(|| panic!("no {text} in {answers}"));
    assert!(place("Content-Length: 1024") < place("HTTP/1.1 201"));
}

#[test]
fn a_body_comes_back_however_it_is_framed() {
    let upstream = Upstream::start(&[]);
    let sized = upstream.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    assert!(sized.ends_with("\r\n\r\nhello"), "{sized}");
    let chunked = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    assert!(upstream.exchange(chunked).ends_with("\r\n\r\nhello"));
    let waiting = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(upstream.exchange(waiting), "HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn slots_make_work_wait_its_turn() {
    let upstream = Upstream::start(&["--slots", "1"]);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                upstream.exchange("GET /slow?ms=60 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            });
        }
    });
    assert!(began.elapsed().as_millis() >= 300, "{:?}", began.elapsed());
}

#[test]
fn faults_are_what_they_are_called() {
    let upstream = Upstream::start(&[]);
    assert_eq!(upstream.get("/fault/abort"), "");
    assert_eq!(upstream.get("/fault/stall"), "");
    assert!(!upstream.get("/fault/garbage").starts_with("HTTP"));
    let partial = upstream.get("/fault/partial");
    assert_eq!(partial.split_once("\r\n\r\n").map(|(_, body)| body.len()), Some(512));
    let every_second = Upstream::start(&["--fault", "abort", "--fault-every", "2"]);
    let answered = (0..4).filter(|_| !every_second.get("/").is_empty()).count();
    assert_eq!(answered, 2);
}
