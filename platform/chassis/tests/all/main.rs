//! A small service of lamps, run by the chassis: near, on sockets, and in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod commands;
mod dependencies;
mod desks;
mod doors;
mod guards;
mod http2;
mod identity;
mod lamps;
mod letters;
mod lives;
mod logged;
mod messages;
mod public_feed;
mod replicas;
mod rotation;
mod rpcs;
mod sagas;
mod starts;
mod tokens;
mod upkeep;
