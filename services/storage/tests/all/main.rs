//! The service alone, as a process of its own, and in a process with nobody else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and shares what it needs"
)]

mod crashing;
mod escaping;
mod keeping;
mod world;

#[tokio::test]
async fn it_starts_says_where_it_is_and_drains() {
    tradewind_testkit::serves_alone(env!("CARGO_BIN_EXE_tradewind-storage"), "storage", &[]).await;
}
