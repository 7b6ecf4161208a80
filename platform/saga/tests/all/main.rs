//! Sagas on a database in memory, in paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and these are no public items"
)]

mod breaking;
mod described;
mod running;
mod support;
mod versions;
