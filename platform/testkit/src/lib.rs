//! What tests share.
//!
//! Everything here panics instead of answering an error: a test that cannot go on should stop.

#![warn(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]

mod folder;

pub use folder::Folder;
