//! What happened in a process, why, what remains, and what an undo would do, without commanding anything.
//!
//! A process runs through several services. Parts of it are choreographed: services react to each other's events.
//! Others are orchestrated: a saga leads them. Nobody holds the whole, so it is reconstructed from what the services
//! keep: their logs of events, which carry what caused them and the process they belong to; the histories of their
//! sagas; the spans of requests, as long as they are kept; and the letters that nobody could handle.
//!
//! [`Process`] is the definition: which facts are waited for, who decides them, and what takes them back. [`View`] is
//! one process held against it. [`Line`] is everything in one line, each entry with the one that caused it.

#![warn(missing_docs)]

mod line;
mod process;
mod seen;
mod view;

pub use line::{Entry, EntryKind, Line};
pub use process::{Process, Step};
pub use seen::{Owned, Seen};
pub use view::{Ending, StepState, StepView, View};
