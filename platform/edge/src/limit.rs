//! Rate limits: the generic cell rate algorithm (ITU-T I.371, Annex A) in a table that all threads share.
//!
//! One limit counts for a whole process. To divide it among threads would refuse a client on one connection what it may
//! have on ten, so the state is shared: one word of an atomic per client, changed by compare-and-exchange, without a
//! lock and without memory that grows.

mod fields;
mod policy;
mod table;

pub use policy::{Policy, PolicyError};
pub use table::{Decision, Table};
