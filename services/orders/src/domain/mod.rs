//! Rules without I/O.

mod order;

pub(crate) use order::{Command, Event, Line, Order, Placement, Refusal, Status};
