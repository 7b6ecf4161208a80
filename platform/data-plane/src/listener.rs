//! Where clients connect.

use std::net::SocketAddr;

use crate::bounds::ListenerBounds;
use crate::tls::ServerTls;

/// Where clients connect.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// The port as routes name it; none: that of the address.
    pub port: Option<u16>,
    /// TLS, where the listener has it.
    pub tls: Option<ServerTls>,
    /// Bounds of its own; none: those of the settings.
    pub bounds: Option<ListenerBounds>,
}

impl Listener {
    /// The port as routes name it.
    pub(crate) fn name(&self) -> u16 {
        self.port.unwrap_or(self.address.port())
    }

    /// A listener in clear.
    #[must_use]
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, port: None, tls: None, bounds: None }
    }
}
