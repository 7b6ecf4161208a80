//! Whether the promises of running services hold, judged from outside.
//!
//! Every service shows rows of its database at its internal door: its evidence, all of one state. A
//! [`Scratch`] database takes in the evidence of all services, each table once, with the service in its
//! first column. An [`Oracle`] is two queries on it: how many rows it examines, and those that break the
//! promise. One that examines nothing has shown nothing, and counts as a failure.
//!
//! Some promises hold only when nothing is under way; their oracles need a quiet fleet, and say so.

#![warn(missing_docs)]

mod collect;
mod judge;
mod oracle;
mod platform;
mod scratch;

pub use collect::{CollectError, Collector, Evidence};
pub use judge::{Finding, Verdict, judge};
pub use oracle::{MalformedOracle, Oracle};
pub use platform::oracles;
pub use scratch::{Loader, Scratch, ScratchError};
