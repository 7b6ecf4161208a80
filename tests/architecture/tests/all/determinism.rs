use tradewind_architecture::rules::determinism::{check, idle_owners};

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn time_randomness_and_tasks_come_from_their_owners() {
    let workspace = here();
    println!("owners that excuse nothing: {:?}", idle_owners(&workspace));
    expect_none(&check(&workspace));
}

/// Plants one line in a service and says whether it is refused.
fn refused(line: &str) -> bool {
    let found = check(&planted(&[("services/stock/src/store.rs", line)]));
    found.iter().for_each(|violation| assert_eq!(violation.path, "services/stock/src/store.rs"));
    !found.is_empty()
}

#[test]
fn every_refused_name_is_found() {
    let lines = [
        "fn a() { std::time::SystemTime::now(); }",
        "use std::time::Instant; fn a() { Instant::now(); }",
        "use tokio::time::Instant as Tick; fn a() { Tick::now(); }",
        "fn a() { jiff::Timestamp::now(); }",
        "fn a() { rand::thread_rng(); }",
        "use rand::Rng;",
        "fn a() { getrandom::fill(&mut b); }",
        "use uuid::Uuid; fn a() { Uuid::new_v4(); }",
        "fn a() { uuid::Uuid::now_v7(); }",
        "fn a() { tokio::spawn(b); }",
        "use tokio::task; fn a() { task::spawn(b); }",
        "use tokio::spawn; fn a() { spawn(b); }",
        "use tokio::*;",
        "use std::thread; fn a() { thread::spawn(b); }",
        "fn a() { std::thread::Builder::new(); }",
        "fn a() { tokio::task::spawn_blocking(b); }",
        "fn a(h: Handle) { h.spawn_blocking(b); }",
        "use tokio::time::{self, Duration}; async fn a() { time::sleep(b).await; }",
        "async fn a() { assert!(tokio::time::timeout(b, c).await.is_ok()); }",
        "async fn a() { tokio::select! { x = b => {} } }",
        "async fn a() { tokio::select! { biased, x = b => {} } }",
        "#[cfg(any(test, unix))] fn a() { tokio::spawn(b); }",
        "fn a(at: SystemTime) { at.elapsed(); }",
        "fn a(inbox: &Receiver<u8>) { inbox.recv_timeout(b); }",
        "fn a() { std::thread::park_timeout(b); }",
        "fn a() { chrono::Utc::now(); }",
        "use rand_chacha::ChaCha20Rng;",
        "fn a() { fastrand::u8(..); }",
        "use std::collections::HashMap;",
        "use std::collections::{BTreeMap, HashSet};",
        "use std::collections; fn a() { collections::HashMap::new(); }",
        "use std::collections::*;",
        "fn a() { std::hash::RandomState::new(); }",
        "async fn a() { futures::select! { x = b => {} } }",
        "async fn a() { futures_util::select! { x = b => {} } }",
        "use tokio::task::JoinSet;",
        "fn a() { tokio::runtime::Handle::current().spawn(b); }",
        "fn a() { tokio::task::block_in_place(b); }",
        "async fn a() { tokio::fs::read(b).await; }",
        "use rayon::prelude::*;",
        "fn a() { std::thread::available_parallelism(); }",
        "fn a() { std::thread::current().id(); }",
        "thread_local! { static A: u8 = 0; }",
        "static A: std::sync::Mutex<u8> = std::sync::Mutex::new(0);",
        "pub(crate) static A: AtomicU64 = AtomicU64::new(0);",
        "fn a() { static A: OnceLock<&'static str> = OnceLock::new(); }",
        "static mut A: u8 = 0;",
        "fn a(b: &u8) { format!(\"{:p}\", b); }",
        "fn a(b: &u8) { format!(\"{b:#p}\"); }",
        "fn a(b: &u8) -> usize { b as *const u8 as usize }",
        "fn a(b: &Arc<u8>) { Arc::as_ptr(b); }",
        "fn a() { std::env::var(\"A\"); }",
        "use std::env; fn a() { env::args(); }",
        "fn a() { std::process::id(); }",
    ];
    let missed: Vec<_> = lines.into_iter().filter(|line| !refused(line)).collect();
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn what_is_not_refused_stays_free() {
    let lines = [
        "/// Never `Instant::now`.\nfn a() { let text = \"tokio::spawn\"; }",
        "use std::time::Instant; fn a(at: Instant) {}",
        "fn a(clock: &Clock) { clock.now(); clock.sleep(b); scope.spawn(c); }",
        "use tokio::sync::mpsc; fn a() { mpsc::channel(1); }",
        "async fn a() { tokio::select! { biased; x = b => {} } }",
        "#[cfg(test)] mod tests { #[test] fn a() { std::thread::spawn(b); } }",
        "#[tokio::test] async fn a() { tokio::spawn(b); }",
        "/// Written with `{:p}`.\nfn a(b: &'static str, c: &'static Mutex<u8>) {}",
        "static A: [bool; 256] = table(&[1]);",
        "pub static A: &[Evidence] = &[Evidence { rows: &B }];",
        "use std::collections::{BTreeMap, VecDeque};",
        "fn a() { let elapsed = env!(\"CARGO_PKG_VERSION\"); drop(elapsed); }",
        "use std::process::ExitCode; use std::thread::JoinHandle;",
        "fn a(b: u64) -> i64 { b as i64 }",
    ];
    let wrong: Vec<_> = lines.into_iter().filter(|line| refused(line)).collect();
    assert_eq!(wrong, Vec::<&str>::new());
}

#[test]
fn owners_tests_and_apps_are_free() {
    let line = "fn a() {\n    std::time::Instant::now();\n}\n";
    let workspace = planted(&[
        ("platform/kernel/src/clock.rs", line),
        ("platform/kernel/src/id.rs", line),
        ("platform/testkit/src/faults.rs", line),
        ("platform/db/tests/all.rs", line),
        ("contracts/stock/src/lib.rs", line),
        ("examples/lamps/src/lib.rs", line),
        ("apps/tradewind/src/main.rs", line),
    ]);
    let wrong =
        ["contracts/stock/src/lib.rs:2", "examples/lamps/src/lib.rs:2", "platform/kernel/src/id.rs:2"];
    expect_at(&check(&workspace), &wrong);
}

#[test]
fn an_owner_that_excuses_nothing_is_idle() {
    let reads_the_clock = "fn a() {\n    std::time::Instant::now();\n}\n";
    let workspace = planted(&[
        ("platform/kernel/src/clock.rs", reads_the_clock),
        ("platform/kernel/src/entropy.rs", "fn a() {}\n"),
    ]);
    let idle = idle_owners(&workspace);
    assert!(
        !idle.contains(&"platform/kernel/src/clock.rs") && idle.contains(&"platform/kernel/src/entropy.rs")
    );
}
