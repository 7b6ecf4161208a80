//! Who the process is, and what its doors speak because of it.

use tradewind_identity::Identity;
use tradewind_kernel::Clock;

use crate::description::DoorKind;
use crate::host::{Network, PlatformSettings};
use crate::identity::PublicDoors;
use crate::serve::{ConnectionLimits, Wire};
use crate::service::Service;
use crate::start_error::StartError;

/// Who the process is, if the settings say so; without sockets nobody asks.
pub(super) fn identify(
    services: &[Service],
    network: &Network,
    platform: &PlatformSettings,
    clock: &Clock,
) -> Result<Option<Identity>, StartError> {
    if matches!(network, Network::None | Network::Wired(_)) {
        return Ok(None);
    }
    let names: Vec<&str> = services.iter().map(|service| service.description().name.as_str()).collect();
    platform.identity.load(&names, clock).map_err(|wrong| StartError::new("settings", wrong))
}

/// What all doors of a process share when they are served.
pub(super) struct Serving<'a> {
    pub(super) limits: ConnectionLimits,
    pub(super) clock: &'a Clock,
    pub(super) identity: Option<Identity>,
    pub(super) public: PublicDoors,
}

impl Serving<'_> {
    pub(super) fn wire(&self, service: &str, kind: DoorKind) -> Wire {
        Wire::new(service, kind, self.identity.as_ref(), self.public)
    }
}
