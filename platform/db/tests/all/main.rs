//! The promises of the database facade, each on a real engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod batches;
mod crash;
mod dumps;
mod exports;
mod migrations;
mod support;
mod works;
