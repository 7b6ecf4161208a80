//! Backends that speak HTTP/2, as services of gRPC do, behind the data plane.
//!
//! - `backend` is such a backend; what it does is said by the path of a request,
//! - `gateway` is the data plane in front of it, `client` its clients,
//! - `calls`, `breaks`, `checks` and `others` are the tests: what has to go through, what goes wrong, what the data plane
//!   asks of its own, and what is special.

pub mod backend;
mod breaks;
mod calls;
mod checks;
pub mod client;
pub mod gateway;
mod others;

use std::time::Duration;

/// Waits, and not forever.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it takes too long")
}
