//! Processes of several steps, each beside its undo, that end done or undone whatever happens.
//!
//! A [`Saga`] is a value: named steps in order. A step is a [`Call`], an action outside of any transaction, a
//! [`Local`] piece of work within the transaction that moves the saga on, or a [`Wait`] for a signal or a time. A step
//! may be the pivot: before it a refusal or a cancellation undoes what was done, in reverse and until it succeeds;
//! behind it the saga is only carried forward.
//!
//! An instance is a row. [`Instances::start`] writes it within the caller's transaction, [`run`] carries it on. The end
//! of each step commits the data, the progress, and what a local step writes and announces, in one transaction; after a
//! crash at any point the step is done again, under the same idempotency key, which is made of the saga, the instance
//! and the step, never of the attempt.

#![warn(missing_docs)]

pub mod breaker;
mod carried;
mod definition;
mod fault_points;
mod flight;
mod flights;
mod history;
mod instances;
mod interference;
mod machine;
mod options;
mod outline;
mod reason;
mod runner;
mod schema;
mod state;
mod store;
mod tally;
mod turn;
mod works;

pub use definition::{Call, Chore, Errand, Local, Saga, Wait};
pub use fault_points::FAULT_POINTS;
pub use history::{Happened, History, UnderWay};
pub use instances::{Instances, Started};
pub use interference::{Interference, Meddling, Moment, Point};
pub use machine::{Cancelled, STUCK_AFTER, Signalled};
pub use options::RunnerOptions;
pub use outline::{Outline, StepKind, StepOutline, WrongDefinition};
pub use reason::{Reason, Setback};
pub use runner::run;
pub use schema::{EVIDENCE, MIGRATIONS};
pub use state::{State, What};
pub use tally::Tally;
pub use turn::turn_lease;
