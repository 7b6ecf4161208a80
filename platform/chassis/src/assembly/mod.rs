//! Many services in one process.

mod absent;
mod announcing;
mod check;
mod drain;
mod ground;
mod identify;
mod migrate;
mod peers;
mod places;
mod sockets;
mod start;
mod stored;

pub use drain::Drained;
pub use start::{Assembly, INTERNAL_SECRET, Running};
pub use stored::Stored;
