//! Rules without I/O.

#[cfg(test)]
mod golden;
pub(crate) mod mutants;
mod order;
#[cfg(test)]
mod races;

pub(crate) use order::{Command, Event, Line, Order, Placement, Refusal, Status};
