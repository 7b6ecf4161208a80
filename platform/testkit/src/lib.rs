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
mod authority;
mod folder;
pub mod kubernetes;
mod memory;
pub mod postgres;
mod process;
pub mod rabbitmq;
mod request;
mod server;
pub mod smtp;
mod wait;

pub use alone::serves_alone;
pub use answer::{Answer, Refusal};
pub use authority::{TestAuthority, TestLeaf, write_private};
pub use folder::Folder;
pub use kubernetes::FakeCluster;
pub use postgres::Postgres;
pub use process::{Ended, Process};
pub use rabbitmq::RabbitMq;
pub use request::{Connection, Request, exchange};
pub use smtp::MailServer;
pub use wait::{LIMIT, until, within};
