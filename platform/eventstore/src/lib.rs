//! Event-sourced objects: the events of an object are its state.
//!
//! An object is a stream of events, numbered from 1 without a gap. [`load`] folds them into a state,
//! the object decides on a command, and [`append`] writes what it decided at the version that was
//! loaded; when somebody else was faster the transaction is a conflict and runs again.

#![warn(missing_docs)]

mod aggregate;
mod mutants;
mod store;

pub use aggregate::{Aggregate, DomainEvent};
pub use mutants::MUTANTS;
pub use store::{EVIDENCE, Loaded, MIGRATIONS, append, load};
