//! Rules without I/O.

mod payment;
mod state;

pub(crate) use payment::{Command, Event, Refusal};
pub(crate) use state::{Payment, Status};
