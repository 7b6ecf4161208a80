//! Where the peers of a process are: beside it in memory, behind addresses that the settings name, behind a name of the
//! domain name system, where the registry says, or the EndpointSlices of a Kubernetes cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tradewind_client::{
    Address, BoxFuture, Connect, Discovery, Dns, Endpoints, FarClient, Fixed, Follower, Handler,
    NearReceiver, PhoneBook, Slices, Whereabouts, near,
};
use tradewind_identity::Identity;
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_registry::{Announced, RegistryClient};

use crate::assembly::start::{NEAR_QUEUE, until_stopped};
use crate::description::{Description, DoorKind, book_names};
use crate::host::{PlatformSettings, Wiring};
use crate::instance::Instance;
use crate::start_error::StartError;
use crate::tasks::Scope;

/// Finds peers that are not in this process, and goes on finding them.
#[derive(Debug)]
pub(super) struct Finder {
    /// What follows sources and probes endpoints.
    pub(super) scope: Scope,
    pub(super) registry: Option<RegistryClient>,
    /// Asks nothing unless a peer is to be found there.
    slices: Slices,
    /// What the registry is told of the instances here.
    pub(super) announced: Vec<Announced>,
    /// What tells this process from other replicas.
    pub(super) replica: String,
    /// What stands in for the network, if something does.
    pub(super) wiring: Option<Arc<dyn Wiring>>,
    /// Shown to those that are found; without it they are spoken to in the clear.
    identity: Option<Identity>,
    clock: Clock,
    entropy: Entropy,
    /// By service and kind of door: the names of one door share what is known of its endpoints.
    found: BTreeMap<(String, String), Endpoints>,
    /// What runs once everything else is there.
    work: Vec<(&'static str, Work)>,
}

/// A task that has not begun.
struct Work(BoxFuture<'static, ()>);

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

impl Finder {
    pub(super) fn new(
        platform: &PlatformSettings,
        secret: &Secret,
        (replica, identity): (&str, Option<Identity>),
        (clock, entropy): (Clock, Entropy),
    ) -> Result<Self, StartError> {
        let far =
            platform.discovery.registry().map_err(|error| StartError::new("discovery.registry", error))?;
        let registry = far.map(|far| {
            let entropy = entropy.fork("registry client");
            RegistryClient::new(Address::Far(far), secret.clone(), clock.clone(), entropy)
        });
        let watching = registry.clone().map(|client| ("registry", Work(Box::pin(client.watch()))));
        let (scope, work) = (Scope::new("discovery"), watching.into_iter().collect());
        let slices = platform.discovery.slices(clock.clone(), entropy.fork("endpoint slices"));
        let slices = slices.map_err(|error| StartError::new("discovery.api_server", error))?;
        let (announced, replica, found) = (Vec::new(), replica.to_owned(), BTreeMap::new());
        let wiring = None;
        Ok(Self {
            scope,
            registry,
            slices,
            announced,
            replica,
            wiring,
            identity,
            clock,
            entropy,
            found,
            work,
        })
    }

    /// Sets to work what follows sources and probes endpoints.
    pub(super) fn begin(&mut self) {
        for (name, Work(work)) in std::mem::take(&mut self.work) {
            self.scope.spawn(name, until_stopped(self.scope.clone(), work));
        }
    }

    /// Enters every door into the phone book, with its policies: as a near one, unless the settings say where it is.
    pub(super) fn enter_doors(
        &mut self,
        book: &PhoneBook,
        description: &Description,
        instance: &Instance,
        platform: &PlatformSettings,
    ) -> Result<Vec<(Scope, Handler, NearReceiver)>, StartError> {
        let policies = platform.client.policies(&description.name);
        let mut receivers = Vec::new();
        for door in &instance.doors {
            let (sender, receiver) = near(NEAR_QUEUE);
            let elsewhere = match given(&description.name, door.kind.name(), platform)? {
                Some(place) => Some(self.endpoints(&description.name, door.kind.name(), &place, platform)?),
                None => None,
            };
            let names = book_names(description, door.kind, door.port);
            if let Some(wiring) = &self.wiring {
                wiring.open(&names, sender.clone());
            }
            for name in names {
                match &elsewhere {
                    Some(endpoints) => book.enter_endpoints(name.clone(), endpoints.clone()),
                    None => book.enter(name.clone(), Address::Near(sender.clone())),
                }
                book.set_policies(name, policies.clone());
            }
            receivers.push((instance.scopes.requests.clone(), door.handler.clone(), receiver));
        }
        Ok(receivers)
    }

    /// Enters a peer that does not run in this process, if the settings or the registry say where it is: `service`,
    /// `service:port`, or `service/kind`. A name in the book stays as it is.
    pub(super) fn enter_elsewhere(
        &mut self,
        book: &PhoneBook,
        name: &str,
        platform: &PlatformSettings,
    ) -> Result<(), StartError> {
        if book.require(name).is_ok() {
            return Ok(());
        }
        if let Some(wiring) = &self.wiring {
            if let Some(wire) = wiring.find(name) {
                book.enter(name, Address::Wired(wire));
                book.set_policies(name, platform.client.policies(door_of(name).0));
            }
            return Ok(());
        }
        let (service, kind) = door_of(name);
        let told = || self.registry.is_some().then_some(Whereabouts::Registry);
        let named = given(service, kind, platform)?;
        let named = named.or_else(|| foreign_place(service, kind, platform)).or_else(told);
        let Some(place) = named else { return Ok(()) };
        let endpoints = self.endpoints(service, kind, &place, platform)?;
        book.enter_endpoints(name, endpoints);
        book.set_policies(name, platform.client.policies(service));
        Ok(())
    }

    /// The endpoints of a door, kept true from now on, and probed while there are calls.
    fn endpoints(
        &mut self,
        service: &str,
        kind: &str,
        place: &Whereabouts,
        platform: &PlatformSettings,
    ) -> Result<Endpoints, StartError> {
        let door = (service.to_owned(), kind.to_owned());
        if let Some(endpoints) = self.found.get(&door) {
            return Ok(endpoints.clone());
        }
        let entropy = self.entropy.fork(&format!("endpoints/{service}/{kind}"));
        let endpoints = Endpoints::new(self.clock.clone(), entropy, place.to_string());
        let source: Box<dyn Discovery> = match place {
            Whereabouts::Fixed(addresses) => Box::new(Fixed::new(addresses)),
            Whereabouts::Dns { name, port } => {
                Box::new(Dns::new(name, *port, platform.discovery.dns_interval, self.clock.clone()))
            }
            Whereabouts::Slices { service, namespace, port } => self.slices.source(service, namespace, port),
            Whereabouts::Registry => {
                let registry = self.registry.as_ref().ok_or_else(|| no_registry(service, kind))?;
                registry.source(service, kind)
            }
        };
        let (identity, name) = (self.identity.clone(), service.to_owned());
        let connect: Connect = Arc::new(move |address| {
            let client = FarClient::new(address)?;
            Ok(match &identity {
                Some(identity) => client.with_identity(identity, &name),
                None => client,
            })
        });
        let following = Follower::new(endpoints.clone(), source, connect).run();
        let probing = Work(Box::pin(endpoints.clone().look_after()));
        self.work.extend([("discovery", Work(Box::pin(following))), ("probes", probing)]);
        self.found.insert(door, endpoints.clone());
        Ok(endpoints)
    }
}

/// Where the settings say that a door is.
fn given(service: &str, kind: &str, platform: &PlatformSettings) -> Result<Option<Whereabouts>, StartError> {
    let text = platform.peers.get(service).and_then(|doors| doors.get(kind));
    text.map(|text| read(service, kind, text)).transpose()
}

fn read(service: &str, kind: &str, text: &str) -> Result<Whereabouts, StartError> {
    text.parse().map_err(|error| StartError::new("settings", format!("peers.{service}.{kind}: {error}")))
}

fn no_registry(service: &str, kind: &str) -> StartError {
    let reason = format!("peers.{service}.{kind}: there is no registry; say where it is: discovery.registry");
    StartError::new("settings", reason)
}

pub(super) fn check_addresses(platform: &PlatformSettings) -> Result<(), StartError> {
    for (service, doors) in &platform.peers {
        for (kind, text) in doors {
            let place = read(service, kind, text)?;
            if place == Whereabouts::Registry && platform.discovery.registry.is_none() {
                return Err(no_registry(service, kind));
            }
        }
    }
    Ok(())
}

/// Where a process that is no service of ours has its only door. It speaks no TLS.
fn foreign_place(service: &str, kind: &str, platform: &PlatformSettings) -> Option<Whereabouts> {
    let public = platform.processes.get(service)?.public?;
    (kind == DoorKind::Public.name()).then(|| Whereabouts::Fixed(vec![format!("http://{public}")]))
}

/// The service and the kind of door that a name in the phone book means.
pub(super) fn door_of(name: &str) -> (&str, &str) {
    if let Some((service, kind)) = name.split_once('/') {
        return (service, kind);
    }
    let service = name.split_once(':').map_or(name, |(service, _)| service);
    (service, DoorKind::Public.name())
}
