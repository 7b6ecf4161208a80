//! What the crate promises, from the outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their threads"
)]

mod backend_http2;
mod bodies;
mod bounds;
mod early;
mod front_http2;
mod listeners;
mod mirrors;
mod passing;
mod wire;
