//! The promises of the database facade, each on a real engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

mod batches;
mod crash;
mod migrations;
mod support;
mod works;
