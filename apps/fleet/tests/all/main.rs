//! The fleet as a whole, in memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod by_broker;
mod letters;
mod simulation;
