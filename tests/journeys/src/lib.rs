//! A whole shop for a test: every service, real sockets on loopback, a data folder of its own.

#![warn(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod callers;
mod evidence;
mod fleet;
mod held;
pub mod rows;

pub use callers::wish;
pub use fleet::{Fleet, ada, grace, staff, user};
pub use held::Held;
