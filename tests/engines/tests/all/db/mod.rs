//! Transactions as values on the served engine.

mod breaks;
mod cancelled;
mod races;
mod relay;
mod support;
mod values;
mod works;
