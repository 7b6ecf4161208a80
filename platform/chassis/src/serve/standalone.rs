//! A door of something that is no service, such as a registry.

use std::net::SocketAddr;
use std::time::Duration;

use tradewind_client::Handler;
use tradewind_kernel::Clock;

use crate::description::DoorKind;
use crate::identity::PublicDoors;
use crate::serve::{Accepting, ConnectionLimits, Listener, Wire, accept};
use crate::start_error::StartError;
use crate::tasks::Scope;

/// How long a client may take to send a head, and how long a connection may stay unused.
const HEAD: Duration = Duration::from_secs(30);

/// How long nothing may move on a connection with requests under way: longer than a long poll.
const STALL: Duration = Duration::from_secs(60);

/// The greatest head that the HTTP server buffers, in bytes.
const HEAD_BUFFER: usize = 64 * 1024;

/// Answers requests at `address` with `handler` until `scope` stops, and gives the address; port 0 takes a free one.
/// For what is no service of the fleet: neither routes nor readiness nor metrics are added.
///
/// # Errors
/// When the address cannot be listened on, with what to change.
pub fn serve_handler(
    address: SocketAddr,
    handler: Handler,
    clock: &Clock,
    scope: &Scope,
) -> Result<SocketAddr, StartError> {
    let listener = Listener::bind(address).map_err(|error| StartError::new("door", error))?;
    let address = listener.address;
    let limits = ConnectionLimits { head: HEAD, stall: STALL, buffer: HEAD_BUFFER };
    let wire = Wire::new("standalone", DoorKind::Public, None, PublicDoors::Both);
    let serving =
        Accepting { handler, guard: None, limits, wire, clock: clock.clone(), scope: scope.clone() };
    scope.spawn("accept", accept(listener, serving));
    Ok(address)
}
