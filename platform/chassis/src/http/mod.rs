//! Doors that speak HTTP: routes, calls, replies, and what surrounds every request.

mod call;
mod command;
mod door;
mod fresh;
mod idempotency;
mod in_flight;
mod json;
mod reply;
mod routes;
mod rpc;

pub use call::Call;
pub use idempotency::{EVIDENCE as IDEMPOTENCY_EVIDENCE, MIGRATIONS as IDEMPOTENCY_MIGRATIONS};
pub use reply::Reply;
pub use routes::Routes;
pub use tradewind_schema::{Operation, operation};

pub(crate) use door::{Access, DoorContext, DoorLimits, DoorMetrics, WATCHED, door_handler};
pub(crate) use fresh::Freshness;
pub(crate) use idempotency::{PRUNE_LIMIT, prune};
pub(crate) use in_flight::InFlight;
