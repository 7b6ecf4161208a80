//! Rules without I/O.

mod fulfilment;
#[cfg(test)]
mod golden;
pub(crate) mod mutants;
mod order;
#[cfg(test)]
mod races;

pub(crate) use fulfilment::Fulfilment;
pub(crate) use order::{Command, Event, Line, Order, Payment, Placement, Quoted, Refusal, Status};
