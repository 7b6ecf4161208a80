//! Read models as values.
//!
//! A [`View`] has a name, a version, tables, and a function that applies one event. It follows the streams of its own
//! service in the transaction of their events ([`View::follow`]), so it is never behind.
//!
//! What is in its tables can be made again from the streams, while the live tables are read and followed: [`run`] fills
//! shadows of them in batches, compares both ways, and swaps them in one transaction. While a rebuild is under way
//! whoever follows a stream that the shadows hold already applies its events to both. On the embedded engine there is
//! one writer at a time; on the served one each step of a rebuild excludes those who follow, and what they had read
//! before it is a conflict that runs them again.

#![warn(missing_docs)]

mod asking;
mod compare;
mod fill;
mod mutants;
mod options;
mod phase;
mod rebuilt;
mod runner;
mod schema;
mod state;
mod steps;
mod tally;
mod view;

pub use asking::{Cancel, Rebuild, Refused};
pub use fill::Filled;
pub use mutants::MUTANTS;
pub use options::RunnerOptions;
pub use phase::Phase;
pub use rebuilt::Rebuilt;
pub use runner::run;
pub use schema::{EVIDENCE, MIGRATIONS};
pub use state::{Status, status};
pub use steps::Register;
pub use tally::Tally;
pub use tradewind_db::shadow::{Shadow, Table};
pub use view::{Apply, Applying, Fact, Outline, View};
