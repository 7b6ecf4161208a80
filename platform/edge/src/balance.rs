//! Which endpoint gets a request.
//!
//! [`Balancer::pick`] takes the better of two drawn at random, by their expected latency (peak EWMA) and what is under
//! way at them: the choice costs the same for two endpoints and for sixty-four, and a slow one is avoided without a
//! herd running to the fastest. [`Balancer::pick_for`] gives requests of one key to one endpoint: the one with the
//! highest random weight (rendezvous hashing, Thaler and Ravishankar), within a bound on what is under way (Mirrokni,
//! Thorup and Zadimoghaddam).
//!
//! Highest random weight rather than a ring or Maglev's table: with at most 64 endpoints the weights are computed in
//! about the time that one miss of a cache takes, there is nothing to build again when an endpoint comes or goes, only the keys
//! of that endpoint move, and the next best one is at hand when the best one is out or full.

mod balancer;
mod key;
mod load;
mod options;

pub use crate::places::Places;
pub use balancer::{Balancer, Picked};
pub use key::Key;
pub use options::{BalanceSettings, Ended, MAX_ENDPOINTS};
