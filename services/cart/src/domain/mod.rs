//! Rules without I/O.

mod contents;
mod pricing;

pub(crate) use contents::Contents;
pub(crate) use pricing::{Rates, Totals, Window};
