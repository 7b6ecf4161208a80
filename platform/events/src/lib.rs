//! Events that commit together with the state they tell of.
//!
//! A producer calls [`announce`] inside its transaction; the event becomes a row of the log in the same
//! database. A consumer reads the producer's log through a [`Feed`] and keeps its cursor in its own database
//! in the same transaction as the effect, so that each effect happens once. No broker takes part, and none
//! is needed for correctness where one does.
//!
//! An event that cannot be handled is tried [`MAX_ATTEMPTS`] times and then parked as a letter, with what
//! follows of its key behind it; see [`letters`].

#![warn(missing_docs)]

mod attempts;
pub mod bus;
mod cursor;
mod envelope;
mod evidence;
mod fault_points;
mod feed;
mod handling;
pub mod letters;
mod log;
mod mutants;
mod observed;
mod parking;
mod progress;
mod relay;
mod retention;
mod runner;
mod schema;
mod settled;
mod stop;
mod strange;
mod subscription;
mod turn;

pub use attempts::MAX_ATTEMPTS;
pub use cursor::reached;
pub use envelope::{Envelope, Event, EventType, Recorded};
pub use evidence::EVIDENCE;
pub use fault_points::FAULT_POINTS;
pub use feed::{Feed, FeedError, LogFeed};
pub use log::{EventFilter, MAX_CORRELATIONS, TOPIC, announce, find, head, kinds};
pub use mutants::MUTANTS;
pub use parking::{MAX_PARKED_KEYS, MAX_PARKED_LETTERS};
pub use progress::Progress;
pub use relay::{Outlet, OutletError, RelayOptions, RelayProgress, Sent, relay};
pub use retention::{Horizon, Prune, Pruned, Subscriber, horizon};
pub use runner::{RunnerOptions, run};
pub use schema::MIGRATIONS;
pub use subscription::{HandleError, Received, Start, Subscription};
pub use turn::turn_lease;
