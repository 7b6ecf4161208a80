//! Many services in one process.

mod drain;
mod start;

pub use drain::Drained;
pub use start::{Assembly, INTERNAL_SECRET, Running};
