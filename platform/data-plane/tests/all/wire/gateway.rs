//! The one place that knows what is tested.

use std::net::SocketAddr;

use super::stand_in::StandIn;

/// A gateway that sends every request to `upstream`, and takes WebSockets. It ends when it is dropped.
pub fn gateway(upstream: SocketAddr) -> Running {
    let stand_in = StandIn::start(upstream);
    Running { address: stand_in.address(), _stand_in: stand_in }
}

#[derive(Debug)]
pub struct Running {
    pub address: SocketAddr,
    _stand_in: StandIn,
}
