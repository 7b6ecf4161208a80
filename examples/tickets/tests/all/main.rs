//! The two services: an ordinary test, and the simulation.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod ordinary;
mod simulated;
mod telling;
