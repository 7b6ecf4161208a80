//! The binary as a user meets it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod audit;
mod backups;
mod books;
mod commands;
mod finding;
mod goods;
mod observing;
mod processes;
mod routes;
mod seeding;
mod settings;
mod starting;
mod stopping;
mod support;
mod webhooks;
