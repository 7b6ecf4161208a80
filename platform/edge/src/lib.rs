//! What the edge of a fleet decides about a request, as values.
//!
//! Nothing here waits, reads a clock, opens a socket, draws at random or has a thread: moments are the time since
//! some start, randomness is a number, and both are given. Each thread of a data plane owns what it decides with, so
//! that nothing on the way of a request is locked; only the table of a rate limit is shared, since a limit counts for
//! all threads together.
//!
//! - [`address`]: networks, and the client behind trusted proxies.
//! - [`admission`]: how much may be under way at a backend.
//! - [`balance`]: which endpoint gets a request.
//! - [`cookie`]: the `Cookie` field.
//! - [`health`]: which endpoints are fit to be asked.
//! - [`hello`]: the first message of a TLS connection.
//! - [`limit`]: how often somebody may ask.
//! - [`log`]: lines of the access log.
//! - [`retry_budget`]: how many retries a backend may get.
//! - [`session`]: cookies that keep a client at one endpoint.
//! - [`token`]: access tokens of other issuers.
//! - [`trace`]: the `traceparent` field.

#![warn(missing_docs)]

pub mod address;
pub mod admission;
pub mod balance;
pub mod cookie;
mod decimal;
mod hash;
pub mod health;
pub mod hello;
pub mod limit;
pub mod log;
mod places;
pub mod retry_budget;
pub mod session;
pub mod token;
pub mod trace;
mod window;
