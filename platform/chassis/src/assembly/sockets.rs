//! The sockets of all doors, bound or handed over before anything else happens.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::description::DoorKind;
use crate::host::{HandedSocket, Network, PlatformSettings};
use crate::serve::Listener;
use crate::service::Service;
use crate::start_error::StartError;

pub(super) type Sockets = BTreeMap<(String, DoorKind), Listener>;

/// Binds every socket before anything else happens: a taken port is the most common mistake.
pub(super) fn bind_all(
    services: &[Service],
    network: Network,
    platform: &PlatformSettings,
) -> Result<Sockets, StartError> {
    let shift = match network {
        Network::None | Network::Wired(_) => return Ok(Sockets::new()),
        Network::Handed(handed) => return take_handed(services, handed),
        Network::Shifted(shift) => Some(shift),
        Network::Free => None,
    };
    let mut sockets = Sockets::new();
    for description in services.iter().map(Service::description) {
        for door in &description.doors {
            let chosen = platform.doors.get(&description.name).and_then(|doors| doors.get(door.kind.name()));
            let address = match chosen {
                Some(address) => *address,
                None => usual_address(door.port, shift)?,
            };
            let listener =
                Listener::bind(address).map_err(|error| StartError::new(&description.name, error))?;
            sockets.insert((description.name.clone(), door.kind), listener);
        }
    }
    Ok(sockets)
}

/// The sockets that were handed over, when there is one for every door.
fn take_handed(services: &[Service], handed: Vec<HandedSocket>) -> Result<Sockets, StartError> {
    let mut sockets = Sockets::new();
    for HandedSocket { service, kind, socket } in handed {
        let failed =
            |error| StartError::new(&service, format!("the socket of the {} door: {error}", kind.name()));
        let listener = Listener::handed(socket).map_err(failed)?;
        sockets.insert((service, kind), listener);
    }
    for description in services.iter().map(Service::description) {
        let lacks = |kind: &DoorKind| !sockets.contains_key(&(description.name.clone(), *kind));
        if let Some(kind) = description.doors.iter().map(|door| door.kind).find(lacks) {
            let reason = format!("no socket was handed over for its {} door", kind.name());
            return Err(StartError::new(&description.name, reason));
        }
    }
    Ok(sockets)
}

fn usual_address(port: u16, shift: Option<i32>) -> Result<SocketAddr, StartError> {
    let moved = |shift: i32| {
        u16::try_from(i32::from(port) + shift)
            .map_err(|_| StartError::new("ports", format!("{port} moved by {shift} is no port")))
    };
    let port = shift.map_or(Ok(0), moved)?;
    Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
}
