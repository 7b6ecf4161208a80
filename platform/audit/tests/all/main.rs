//! Chains as values, and in a database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod chains;
mod kept;
mod made;
