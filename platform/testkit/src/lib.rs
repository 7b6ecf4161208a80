//! What tests share.
//!
//! Everything here panics instead of answering an error: a test that cannot go on should stop.

#![warn(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod alone;
mod answer;
mod folder;
pub mod postgres;
mod process;
mod request;
mod wait;

pub use alone::serves_alone;
pub use answer::{Answer, Refusal};
pub use folder::Folder;
pub use postgres::Postgres;
pub use process::{Ended, Process};
pub use request::{Connection, Request, exchange};
pub use wait::{LIMIT, until, within};
