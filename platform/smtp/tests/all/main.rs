//! Mails on the wire, against a server that does what a test says.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod composing;
mod sending;
mod tls;
