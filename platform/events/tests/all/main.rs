//! The log, the near feed and subscriptions, on a real database in memory and in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod bus;
mod deaths;
mod drops;
mod interleavings;
mod letters;
mod log;
mod moody;
mod relay;
mod replicas;
mod retention;
mod subscriptions;
mod support;
