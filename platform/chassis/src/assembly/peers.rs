//! Where the peers of a process are: beside it in memory, or behind addresses that the settings name.

use tradewind_client::{Address, FarClient, Handler, NearReceiver, PhoneBook, near};

use crate::assembly::start::NEAR_QUEUE;
use crate::description::{Description, DoorKind};
use crate::host::PlatformSettings;
use crate::instance::{Instance, book_names};
use crate::start_error::StartError;
use crate::tasks::Scope;

/// Enters every door into the phone book: as a near one, unless the settings say where it is; with its policies.
pub(super) fn enter_doors(
    book: &PhoneBook,
    description: &Description,
    instance: &Instance,
    platform: &PlatformSettings,
) -> Result<Vec<(Scope, Handler, NearReceiver)>, StartError> {
    let policies = platform.client.policies(&description.name);
    let mut receivers = Vec::new();
    for door in &instance.doors {
        let (sender, receiver) = near(NEAR_QUEUE);
        let address = match far_address(&description.name, door.kind, platform)? {
            Some(far) => Address::Far(far),
            None => Address::Near(sender),
        };
        for name in book_names(description, door.kind, door.port) {
            book.set_policies(name.clone(), policies.clone());
            book.enter(name, address.clone());
        }
        receivers.push((instance.scopes.requests.clone(), door.handler.clone(), receiver));
    }
    Ok(receivers)
}

/// Where the settings say that a door is.
fn far_address(
    service: &str,
    kind: DoorKind,
    platform: &PlatformSettings,
) -> Result<Option<FarClient>, StartError> {
    let address = platform.peers.get(service).and_then(|doors| doors.get(kind.name()));
    address.map(|address| far_client(service, kind.name(), address)).transpose()
}

fn far_client(service: &str, kind: &str, address: &str) -> Result<FarClient, StartError> {
    FarClient::new(address)
        .map_err(|error| StartError::new("settings", format!("peers.{service}.{kind}: {error}")))
}

pub(super) fn check_addresses(platform: &PlatformSettings) -> Result<(), StartError> {
    let doors =
        platform.peers.iter().flat_map(|(service, doors)| doors.iter().map(move |door| (service, door)));
    doors.into_iter().try_for_each(|(service, (kind, address))| far_client(service, kind, address).map(drop))
}

/// Enters a peer that does not run in this process, if the settings say where it is: `service`, `service:port`, or
/// `service/kind`. A name in the book stays as it is.
pub(super) fn enter_elsewhere(
    book: &PhoneBook,
    name: &str,
    platform: &PlatformSettings,
) -> Result<(), StartError> {
    if book.require(name).is_ok() {
        return Ok(());
    }
    let (service, kind) = door_of(name);
    let named = platform.peers.get(service).and_then(|doors| doors.get(kind)).cloned();
    let Some(address) = named.or_else(|| foreign_address(service, kind, platform)) else { return Ok(()) };
    book.set_policies(name, platform.client.policies(service));
    book.enter(name, Address::Far(far_client(service, kind, &address)?));
    Ok(())
}

/// Where a process that is no service of ours has its only door.
fn foreign_address(service: &str, kind: &str, platform: &PlatformSettings) -> Option<String> {
    let public = platform.processes.get(service)?.public?;
    (kind == DoorKind::Public.name()).then(|| public.to_string())
}

/// The service and the kind of door that a name in the phone book means.
pub(super) fn door_of(name: &str) -> (&str, &str) {
    if let Some((service, kind)) = name.split_once('/') {
        return (service, kind);
    }
    let service = name.split_once(':').map_or(name, |(service, _)| service);
    (service, DoorKind::Public.name())
}
