//! Events that commit together with the state they tell of.
//!
//! A producer calls [`announce`] inside its transaction; the event becomes a row of the log in the same
//! database. A consumer reads the producer's log through a [`Feed`] and keeps its cursor in its own database
//! in the same transaction as the effect, so that each effect happens once. No broker takes part, and none
//! is needed for correctness where one does.

#![warn(missing_docs)]

mod cursor;
mod envelope;
mod feed;
mod log;
mod runner;
mod subscription;

pub use envelope::{Envelope, Event, Recorded};
pub use feed::{Feed, FeedError, LogFeed};
pub use log::{MIGRATIONS, TOPIC, announce, head};
pub use runner::{Progress, RunnerOptions, run};
pub use subscription::{HandleError, Received, Start, Subscription};
