//! Relays: how the events of a log travel on by other means, such as a message broker.
//!
//! The log stays the truth. A relay reads it in order, hands each event to an [`Outlet`], and writes down how far the
//! outlet has confirmed them. Nobody waits for a relay: what it has not passed on yet stays in the log, and is kept
//! there, because the relay is a subscriber like any other. After a failure it begins again with what was confirmed;
//! an event may go out twice, none is left out.

mod outlet;
mod progress;
mod runner;

pub use outlet::{Outlet, OutletError, Sent};
pub use progress::RelayProgress;
pub use runner::{RelayOptions, relay};
