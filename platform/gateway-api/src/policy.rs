//! Policy documents of our own group, `policy.tradewind.dev`: what the Gateway API leaves to each gateway.
//!
//! Each is attached to what its `targetRefs` name in its own namespace (GEP-713, direct attachment). Fields of `spec`
//! that are absent say nothing, so that a less specific policy may; below them a field that is left out has its
//! default. `Default` of a type here is the same, and what holds where no policy says anything is the routing crate's
//! to put together.
//!
//! All values are in the form in which they are used: durations, addresses, names of headers. Definitions for clusters
//! are in `deploy/definitions/`.

pub mod access;
pub mod backend;
pub mod compression;
pub mod health;
pub mod jwt;
pub mod listener;
mod read;
pub mod retry;
pub mod route;
pub mod security_headers;

pub use access::{Access, Cidr};
pub use backend::BackendPolicy;
pub use listener::ListenerPolicy;
pub use route::RoutePolicy;
