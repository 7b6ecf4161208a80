//! A fleet of one service that forgets, and what is found out about it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod lamps;
mod shrinking;
mod telling;
