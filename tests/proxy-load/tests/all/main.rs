//! The programs, run against each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test drives real processes, and fails where one does not do what it should"
)]

mod attack;
mod open_loop;
mod program;
mod upstream;
