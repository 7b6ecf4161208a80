//! Event-sourced objects: the events of an object are its state.
//!
//! An object is a stream of events, numbered from 1 without a gap. [`load`] folds them into a state,
//! the object decides on a command, and [`append`] writes what it decided at the version that was
//! loaded; when somebody else was faster the transaction is a conflict and runs again.
//!
//! Events are kept for ever and read by every later program: [`Upcaster`]s make old ones into those that are known
//! today. Long streams have [`Snapshots`], which are shorter ways to the same state and never believed when states
//! have come to look different.

#![warn(missing_docs)]

mod aggregate;
mod mutants;
mod reading;
mod snapshot;
mod store;
mod upcast;
mod written;

pub use aggregate::{Aggregate, DomainEvent};
pub use mutants::MUTANTS;
pub use reading::read_event;
pub use snapshot::Snapshots;
pub use store::{EVIDENCE, Loaded, MIGRATIONS, append, load, replay};
pub use upcast::Upcaster;
pub use written::{Written, count_events, streams_after};
