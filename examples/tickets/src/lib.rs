//! An example: two small services, one planted bug, and the simulation that finds it.
//!
//! `wallets` holds money. `tickets` sells tickets, and takes the money for them from wallets. The guide
//! `docs/guides/simulate-your-services.md` goes through it.

pub mod contract;
mod tickets;
mod wallets;
mod workload;

use tradewind_chassis::Service;

pub use tickets::Keys;
pub use workload::Audience;

/// How payments are told from each other.
const KEYS: Keys = Keys::OfThePayment;

/// The fleet.
#[must_use]
pub fn services() -> Vec<Service> {
    fleet(KEYS)
}

/// The fleet with one of the ways to tell payments from each other, so that a test can try both.
#[must_use]
pub fn fleet(keys: Keys) -> Vec<Service> {
    vec![wallets::service(), tickets::service(keys)]
}
