//! A whole shop for a test: every service, real sockets on loopback, a data folder of its own.
//!
//! With the variable `TRADEWIND_TEST_ENGINE=postgres` its databases are on a real server, which the tests start. With
//! `TRADEWIND_TEST_PROCESSES=1` each service has a process of its own.

#![warn(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

pub mod books;
mod callers;
mod checkout;
mod copies;
mod engine;
mod evidence;
mod fleet;
mod held;
pub mod inside;
mod mails;
mod people;
mod relay;
pub mod rows;
mod shop;

pub use callers::wish;
pub use copies::restore;
pub use engine::{has_broker, scratch_location};
pub use fleet::{Fleet, Home, ada, admin, grace, staff, user};
pub use held::Held;
pub use people::Person;
pub use relay::Relay;
pub use shop::{has_processes, is_plain};
