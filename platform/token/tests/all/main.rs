//! Tokens and keys from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod tokens;
