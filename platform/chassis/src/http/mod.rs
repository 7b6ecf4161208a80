//! Doors that speak HTTP: routes, calls, replies, and what surrounds every request.

mod call;
mod command;
mod door;
mod idempotency;
mod json;
mod reply;
mod routes;

pub use call::Call;
pub use idempotency::{EVIDENCE as IDEMPOTENCY_EVIDENCE, MIGRATIONS as IDEMPOTENCY_MIGRATIONS};
pub use reply::Reply;
pub use routes::Routes;

pub(crate) use door::{Access, DoorContext, DoorLimits, DoorMetrics, door_handler};
pub(crate) use idempotency::prune;
