//! Where every door of the fleet is: bound here, before any process starts.

use std::net::{Ipv4Addr, SocketAddr};

use tradewind_chassis::{Description, DoorKind, PlatformSettings};

use crate::processes::held::Held;
use crate::welcome::moved;

/// The usual port of the supervisor's own door.
const SUPERVISOR_PORT: u16 = 8199;

/// The sockets of one process.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) service: String,
    /// From 1.
    pub(crate) replica: u32,
    pub(crate) held: Held,
}

/// The first replica has the usual ports, or where the settings put them; the others have free ones.
pub(crate) fn bind(
    chosen: &[(String, u32)],
    all: &[Description],
    port: Option<u16>,
    platform: &PlatformSettings,
) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    for (service, count) in chosen {
        let Some(description) = all.iter().find(|each| each.name == *service) else { continue };
        for replica in 1..=*count {
            let mut doors = Vec::new();
            for door in &description.doors {
                let given = platform.doors.get(service).and_then(|doors| doors.get(door.kind.name()));
                let address = match given {
                    _ if replica > 1 => local(0),
                    Some(given) => *given,
                    None => local(moved(door.port, port)?),
                };
                doors.push((door.kind, address));
            }
            let held = Held::bind(&doors).map_err(|error| format!("{service}: {error}"))?;
            places.push(Place { service: service.clone(), replica, held });
        }
    }
    Ok(places)
}

/// The supervisor's own door: at its usual port, or at a free one when another fleet has that.
pub(crate) fn bind_own(port: Option<u16>) -> Result<std::net::TcpListener, String> {
    let usual = moved(SUPERVISOR_PORT, port)?;
    let bound = tradewind_chassis::listen(local(usual)).or_else(|_| tradewind_chassis::listen(local(0)));
    bound.map_err(|error| error.to_string())
}

/// Where the processes find each other, as settings for all of them. What the user says of a peer counts more.
pub(crate) fn peers(
    places: &[Place],
    all: &[Description],
    port: Option<u16>,
    platform: &PlatformSettings,
) -> Result<Vec<String>, String> {
    let mut settings = Vec::new();
    for service in all {
        let here: Vec<&Place> = places.iter().filter(|place| place.service == service.name).collect();
        for door in &service.doors {
            let kind = door.kind;
            if platform.peers.get(&service.name).is_some_and(|doors| doors.contains_key(kind.name())) {
                continue;
            }
            let mut addresses: Vec<String> =
                here.iter().filter_map(|place| address(place, kind)).map(|found| found.to_string()).collect();
            let usual = moved(door.port, port)?;
            // One that somebody else starts is where it usually is.
            if addresses.is_empty() && usual > 0 {
                addresses.push(local(usual).to_string());
            }
            if !addresses.is_empty() {
                settings.push(format!("peers.{}.{}={}", service.name, kind.name(), addresses.join(",")));
            }
        }
    }
    Ok(settings)
}

/// Where this process has its door of a kind.
pub(crate) fn address(place: &Place, kind: DoorKind) -> Option<SocketAddr> {
    let mut addresses = place.held.addresses().into_iter();
    addresses.find(|(each, _)| *each == kind).map(|(_, address)| address)
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)
}
