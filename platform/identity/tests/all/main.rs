//! Identities of files, and handshakes between them: who is let in, what each side says, what follows changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod authorities;
mod foreign;
mod loading;
mod matrix;
mod meeting;
mod refreshing;
