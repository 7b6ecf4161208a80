//! Which endpoint of a peer gets a call: power of two choices over peak EWMA, slow start, forced picks, a breaker for
//! each, and probes while there are calls.

mod choice;
mod endpoint;
mod endpoints;
mod load;
mod probe;
mod state;

pub use endpoint::Located;
pub use endpoints::Endpoints;
pub use state::{EndpointCondition, EndpointState, OutReason};

pub(crate) use choice::Wanted;
pub(crate) use endpoint::Ended;
pub(crate) use endpoints::{NoPick, Pick};
