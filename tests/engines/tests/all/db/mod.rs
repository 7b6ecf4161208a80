//! Transactions as values on the served engine.

mod breaks;
mod cancelled;
mod overtaken;
mod races;
pub mod relay;
pub mod support;
mod values;
mod works;
