//! Many services in one process.

mod absent;
mod drain;
mod migrate;
mod places;
mod start;

pub use drain::Drained;
pub use start::{Assembly, INTERNAL_SECRET, Running};
