//! What the crate promises, from the outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it should be"
)]

mod backend_policies;
mod gateways;
mod grants;
mod grpc_routes;
mod http_routes;
mod listener_policies;
mod refused_policies;
mod route_policies;
mod secrets;
mod support;
mod syntax;
mod tls_routes;
