//! Rules without I/O.

mod order;
#[cfg(test)]
mod races;

pub(crate) use order::{Command, Event, Line, Order, Placement, Refusal, Status};
