//! The open-loop generator against the upstream.

use std::collections::BTreeMap;

use crate::program::{Upstream, values};

fn run(upstream: &Upstream, path: &str, arguments: &[&str]) -> BTreeMap<String, f64> {
    let url = format!("http://{}{path}", upstream.address);
    values(env!("CARGO_BIN_EXE_open-loop"), &[&["--url", &url], arguments].concat())
}

#[test]
fn every_request_is_answered_at_the_rate() {
    let upstream = Upstream::start(&[]);
    let arguments = ["--steps", "500x1,1000x1", "--warm-up", "0.2", "--connections", "8"];
    let values = run(&upstream, "/", &arguments);
    assert_eq!((values["step_1_ok_share"], values["step_2_ok_share"]), (1.0, 1.0));
    assert!((values["step_1_requests"] - 500.0).abs() < 100.0, "{values:?}");
    assert!((values["step_2_requests"] - 1000.0).abs() < 150.0, "{values:?}");
    assert!(upstream.get("/canned/stats").contains("\"connections_opened\":9"));
}

#[test]
fn a_wait_for_a_connection_counts() {
    let upstream = Upstream::start(&[]);
    // One connection answers 20 a second; of 40 a second that come, the last wait for half of the time.
    let values = run(&upstream, "/slow?ms=50", &["--rate", "40", "--seconds", "2", "--connections", "1"]);
    assert_eq!(values["step_1_ok_share"], 1.0);
    assert!(values["step_1_ok_p100_us"] > 500_000.0, "{values:?}");
    let wide = run(&upstream, "/slow?ms=50", &["--rate", "40", "--seconds", "1", "--connections", "64"]);
    assert!(wide["step_1_ok_p50_us"] < 100_000.0 && wide["step_1_ok_p50_us"] >= 50_000.0, "{wide:?}");
}

#[test]
fn each_end_has_a_name() {
    let upstream = Upstream::start(&["--fault", "abort", "--fault-every", "4"]);
    let short = ["--rate", "100", "--seconds", "1", "--connections", "1"];
    let values = run(&upstream, "/", &short);
    // On one connection each fourth request ends it, always after answers.
    assert!(values["step_1_reset_reused"] >= 15.0 && values["step_1_reset_fresh"] == 0.0, "{values:?}");
    let fresh = run(&upstream, "/", &[&short[..], &["--fresh"]].concat());
    assert!(fresh["step_1_reset_fresh"] >= 15.0 && fresh["step_1_reset_reused"] == 0.0, "{fresh:?}");
    let whole = Upstream::start(&[]);
    // Only what never ends waits for so long; the others have ended long before, on a busy machine as well.
    let all = |path| {
        let patience = if path == "/fault/stall" { "200" } else { "5000" };
        run(&whole, path, &[&short[..], &["--timeout-ms", patience]].concat())
    };
    let of = |values: &BTreeMap<String, f64>, name: &str| values[&format!("step_1_{name}")];
    for (path, name) in [
        ("/status/500", "failed_status"),
        ("/status/503", "refused_without_retry_after"),
        ("/fault/partial", "cut_short"),
        ("/fault/garbage", "malformed"),
        ("/fault/stall", "timed_out"),
    ] {
        let values = all(path);
        assert_eq!(of(&values, name), of(&values, "requests"), "{path}: {values:?}");
        assert!(of(&values, "requests") > 50.0, "{path}: {values:?}");
    }
}

#[test]
fn who_is_not_there_is_not_connected() {
    // Nobody listens at a port this low, and no other test can be given it.
    let arguments = ["--url", "http://127.0.0.1:1/", "--fresh", "--rate", "100", "--seconds", "1"];
    let values = values(env!("CARGO_BIN_EXE_open-loop"), &arguments);
    assert_eq!(values["step_1_not_connected"], values["step_1_requests"], "{values:?}");
}

#[test]
fn duplicates_are_sent_beside_the_others() {
    let upstream = Upstream::start(&[]);
    let arguments = ["--method", "POST", "--body-bytes", "200000", "--rate", "200", "--seconds", "1"];
    let single = run(&upstream, "/echo", &arguments);
    let double = run(&upstream, "/echo", &[&arguments[..], &["--duplicate", "100"]].concat());
    assert_eq!(double["step_1_requests"], 2.0 * single["step_1_requests"]);
    assert_eq!(double["step_1_ok_share"], 1.0);
}
