//! A fleet of one service that forgets, and how little is left of a run that shows it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod lamps;
mod shrinking;
