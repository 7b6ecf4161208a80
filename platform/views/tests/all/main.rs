//! A view of notes: followed, rebuilt while it is followed, compared, swapped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod load;
mod notes;
mod rebuilding;
