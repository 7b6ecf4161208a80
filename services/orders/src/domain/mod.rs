//! Rules without I/O.

pub(crate) mod mutants;
mod order;
#[cfg(test)]
mod races;

pub(crate) use order::{Command, Event, Line, Order, Placement, Refusal, Status};
