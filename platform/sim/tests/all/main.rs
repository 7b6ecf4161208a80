//! A fleet of one service that forgets, and what is told of its runs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod lamps;
mod telling;
