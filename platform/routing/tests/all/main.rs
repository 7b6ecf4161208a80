//! What the crate promises, from the outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it should be"
)]

mod attaching;
mod by_name;
mod changing;
mod finding;
mod grpc;
mod guide;
mod listeners;
mod policies;
mod ports;
mod referring;
mod scale;
mod support;
