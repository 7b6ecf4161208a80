//! What the crate promises, from the outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it should be"
)]

mod gateways;
mod grants;
mod grpc_routes;
mod http_routes;
mod secrets;
mod support;
mod syntax;
