//! Runs the services of a fleet in one thread and in virtual time, under faults that a seed decides.
//!
//! The services are those that run everywhere else. What lies under them is replaced: databases are in memory and
//! outlive the processes that use them ([`Volume`](tradewind_db::Volume)), the network between services delays, loses,
//! repeats and parts ([`Trouble`]), processes end at any await and at any commit, and time passes as soon as everybody
//! waits for it. A run is decided by its seed: the same seed gives the same [`Outcome::trace`].
//!
//! A run has two phases. While there are faults nothing bad may become visible; when they are over, everything has to
//! end. What that means is up to the [`Workload`].

#![warn(missing_docs)]

mod callers;
mod draw;
mod failure;
mod fault;
mod flight;
mod journal;
mod life;
mod line;
mod lives;
mod moment;
mod nemesis;
mod net;
mod passes;
mod run;
mod script;
mod trouble;
mod version;
mod widen;
mod wire;
mod world;

pub use draw::Faults;
pub use failure::Failure;
pub use fault::Fault;
pub use journal::{Came, Change, Entry, Message, What};
pub use passes::Passes;
pub use run::{Outcome, Plan, Step, Workload, run};
pub use script::{Planned, Selection};
pub use trouble::Trouble;
pub use world::World;
