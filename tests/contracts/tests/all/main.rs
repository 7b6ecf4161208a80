//! Promises: what is described, what was released, and what is really answered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod answers;
mod asyncapi;
mod breaking;
mod chart;
mod documents;
mod examples;
mod files;
mod golden;
mod kernel;
mod protos;
