//! What people do with the shop, and what they do wrong: every service, real sockets, real files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod backoffice;
mod backups;
mod bad_input;
mod breaking;
mod cancelling;
mod cards;
mod checkout;
mod collecting;
mod commands;
mod contract;
mod determinism;
mod error_pages;
mod expiry;
mod finding;
mod forms;
mod fulfilling;
mod guarding;
mod inside;
mod notifying;
mod objects;
mod ordering;
mod paying;
mod positions;
mod pruning;
mod public_feed;
mod reading;
mod refunds;
mod restarts;
mod shop_pages;
mod shopfront;
mod shopfront_alone;
mod signing_in;
mod statements;
mod stock_by_grpc;
mod tracing;
mod two_users;
mod upgrading;
mod verifying;
mod views;
mod webhooks;
mod why;
