//! Rules without I/O.

mod demand;

pub(crate) use demand::{Demand, total};
