//! What only a real engine can show: servers that the tests start, kill and start again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod audit;
mod broker;
mod bus;
mod db;
mod events;
mod fleet;
mod leases;
mod log;
mod mutants;
mod retention;
mod sagas;
mod server;
mod server_ends;
mod views;
