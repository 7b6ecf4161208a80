//! Building services, connecting them, and setting them to work.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tradewind_client::{NearReceiver, PhoneBook};
use tradewind_db::Db;
use tradewind_events::{Feed, LogFeed};
use tradewind_identity::Identity;
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_registry::Announced;

use crate::assembly::absent::{Absent, AbsentFeed};
use crate::assembly::announcing::check_reachable;
use crate::assembly::identify::{Serving, identify};
use crate::assembly::peers::{Finder, check_addresses, door_of};
use crate::assembly::places::Places;
use crate::by_broker::BrokerLink;
use crate::data_folder::DataFolder;
use crate::database::Place;
use crate::description::{Description, DoorKind};
use crate::far_feed::FarFeed;
use crate::health::Stage;
use crate::host::{HandedSocket, Host, Network, PlatformSettings, Storage};
use crate::identity;
use crate::instance::{Environment, Instance, OpenDoor};
use crate::serve::{Accepting, ConnectionLimits, Listener, accept, accept_on_own_thread};
use crate::service::Service;
use crate::settings::SettingsSource;
use crate::start_error::StartError;
use crate::tasks::Scope;
use crate::telemetry;

/// Requests that wait before a near door.
pub(super) const NEAR_QUEUE: usize = 1_024;

/// The name of the secret that opens internal doors, in the data folder.
pub const INTERNAL_SECRET: &str = "internal-door";

/// The greatest head that the HTTP server buffers, in bytes.
const HEAD_BUFFER: usize = 64 * 1024;

/// Services about to be started together.
#[derive(Debug)]
pub struct Assembly {
    pub(super) services: Vec<Service>,
    /// Services of the same fleet that run in other processes.
    pub(super) beside: Vec<String>,
}

/// Services that run together.
///
/// Dropping it leaves the tasks running; end them with [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    pub(super) instances: Vec<Instance>,
    /// Services that run here without their database: they only say why.
    pub(super) absent: Vec<Absent>,
    pub(super) clock: Clock,
    pub(super) platform: PlatformSettings,
    /// Keeps the lock until everything has ended.
    pub(super) folder: Option<DataFolder>,
    book: PhoneBook,
    /// Where those in other processes are.
    pub(super) finder: Finder,
    /// What the registry is told of the instances.
    pub(super) announced: Vec<Announced>,
    /// What tells this process from other replicas.
    pub(super) replica: String,
    pub(super) entropy: Entropy,
    secret: Secret,
    /// By which events travel, if not by the feed.
    pub(super) broker: Option<BrokerLink>,
    /// The services that announce events.
    tellers: BTreeSet<String>,
    /// Who the process is, where it has a certificate.
    identity: Option<Identity>,
}

impl Assembly {
    /// These services, not started yet.
    #[must_use]
    pub fn new(services: Vec<Service>) -> Self {
        Self { services, beside: Vec::new() }
    }

    /// Says which other services belong to the fleet, in processes of their own: settings may be about them.
    #[must_use]
    pub fn beside(mut self, services: &[String]) -> Self {
        let runs_here = |name: &String| self.services.iter().any(|each| each.description().name == *name);
        self.beside = services.iter().filter(|name| !runs_here(name)).cloned().collect();
        self
    }

    /// What the services say of themselves.
    #[must_use]
    pub fn descriptions(&self) -> Vec<Description> {
        self.services.iter().map(|service| service.description().clone()).collect()
    }

    /// Starts all services: sockets first, then databases, doors, subscriptions, readiness.
    ///
    /// `progress` hears what was done, as (service, step).
    ///
    /// # Errors
    /// The first thing that is wrong, with what to change. Nothing runs then.
    pub async fn start(
        self,
        host: Host,
        progress: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<Running, StartError> {
        let platform = self.check(&host.settings)?;
        let Host { clock, entropy, settings, storage, network } = host;
        let (secret, folder) = secret(storage, &entropy)?;
        let instance = instance(folder.as_ref(), &entropy)?;
        let identity = identify(&self.services, &network, &platform, &clock)?;
        let mut sockets = bind_all(&self.services, network, &platform)?;
        check_reachable(&sockets, &platform)?;
        let book = PhoneBook::new(clock.clone(), entropy.fork("phone book"));
        let drawn = (clock.clone(), entropy.fork("discovery"));
        let mut finder = Finder::new(&platform, &secret, identity.clone(), drawn)?;
        let broker = BrokerLink::new(&platform, &clock, &entropy)?;
        let bus = BrokerLink::bus(broker.as_ref(), self.beside.is_empty(), (&clock, &entropy));
        let tellers = tellers(&self.services);
        let logs = telemetry::log_book();
        let (mut instances, mut absent) = (Vec::new(), Vec::new());
        let mut receivers = Vec::new();
        let mut places = Places::default();
        for service in self.services {
            let description = service.description;
            let entropy = entropy.fork(&description.name);
            let place = Place {
                service: &description.name,
                folder: folder.as_ref(),
                settings: &platform.database,
                clock: &clock,
                entropy: &entropy,
            };
            let launched = match places.open(&place, progress).await {
                Err(error) => Err(error),
                Ok(db) => {
                    let environment = Environment {
                        clock: clock.clone(),
                        entropy: entropy.clone(),
                        settings: settings.clone(),
                        platform: platform.clone(),
                        secret: secret.clone(),
                        identity: identity.clone(),
                        db,
                        instance: instance.clone(),
                        book: book.clone(),
                        bus: bus.clone(),
                        logs: logs.clone(),
                        tells_of_process: instances.is_empty(),
                    };
                    service.launch.launch(environment).await
                }
            };
            match launched {
                Ok(instance) => {
                    receivers.extend(finder.enter_doors(&book, &description, &instance, &platform)?);
                    progress(&description.name, "built");
                    instances.push(instance);
                }
                Err(error) if error.is_of_database() => {
                    let failed = Absent::new(&description, error);
                    receivers.extend(failed.enter(&book));
                    progress(&description.name, &format!("does not run: {}", failed.reason()));
                    absent.push(failed);
                }
                Err(error) => return Err(error),
            }
        }
        if let (true, Some(first)) = (instances.is_empty(), absent.first()) {
            return Err(first.error.clone());
        }
        let mut running = Running {
            instances,
            absent,
            clock,
            platform,
            folder,
            book,
            finder,
            announced: Vec::new(),
            replica: instance,
            entropy,
            secret,
            broker,
            tellers,
            identity,
        };
        running.find_peers()?;
        running.answer_near(receivers);
        running.follow();
        running.relay();
        running.consume();
        running.repeat();
        running.export();
        running.watch_identity();
        running.listen(&mut sockets)?;
        running.prepare_announcing();
        running.finder.begin();
        Ok(running)
    }

    /// Makes sure that all settings fit, those of the platform and those of every service, before anything
    /// is begun.
    ///
    /// # Errors
    /// The first setting that is wrong, with where it came from.
    pub fn check(&self, settings: &SettingsSource) -> Result<PlatformSettings, StartError> {
        let here = self.services.iter().map(|service| service.description().name.as_str());
        let names: Vec<&str> = here.chain(self.beside.iter().map(String::as_str)).collect();
        let platform =
            PlatformSettings::read(settings, &names).map_err(|error| StartError::new("settings", error))?;
        self.check_doors("doors", &platform.doors)?;
        self.check_doors("peers", &platform.peers)?;
        platform.discovery.check().map_err(|wrong| StartError::new("settings", wrong))?;
        check_addresses(&platform)?;
        platform.database.check(&names).map_err(|wrong| StartError::new("settings", wrong))?;
        platform.identity.check(&names).map_err(|wrong| StartError::new("settings", wrong))?;
        platform.events.check().map_err(|wrong| StartError::new("settings", wrong))?;
        let (broker, driver) = (&platform.broker, platform.events.driver);
        broker.check(driver).map_err(|wrong| StartError::new("settings", wrong))?;
        platform.client.check(&names).map_err(|wrong| StartError::new("settings", wrong))?;
        self.services.iter().try_for_each(|service| service.launch.check(settings))?;
        Ok(platform)
    }

    /// Whether every door named in `section` is there.
    fn check_doors<T>(
        &self,
        section: &str,
        named: &BTreeMap<String, BTreeMap<String, T>>,
    ) -> Result<(), StartError> {
        for (service, doors) in named {
            let found = self.services.iter().find(|known| known.description().name == *service);
            let known = found.map(|known| &known.description().doors);
            for kind in doors.keys() {
                if self.beside.contains(service) && DoorKind::ALL.iter().any(|known| known.name() == kind) {
                    continue;
                }
                if !known.is_some_and(|known| known.iter().any(|door| door.kind.name() == kind)) {
                    let reason = format!("{section}.{service}.{kind}: there is no such door; see `describe`");
                    return Err(StartError::new("settings", reason));
                }
            }
        }
        Ok(())
    }
}

/// The services that announce events.
fn tellers(services: &[Service]) -> BTreeSet<String> {
    let tell = services.iter().map(Service::description).filter(|each| !each.promises.is_empty());
    tell.map(|description| description.name.clone()).collect()
}

/// What tells this process from other replicas, and is the same in its next life.
fn instance(folder: Option<&DataFolder>, entropy: &Entropy) -> Result<String, StartError> {
    let Some(folder) = folder else { return Ok("simulated".to_owned()) };
    folder.instance(entropy).map_err(|error| StartError::new("data folder", error))
}

fn secret(storage: Storage, entropy: &Entropy) -> Result<(Secret, Option<DataFolder>), StartError> {
    match storage {
        Storage::Memory => Ok((Secret::new("simulated"), None)),
        Storage::Folder(folder) => {
            let secret = folder.secret(INTERNAL_SECRET, entropy);
            Ok((secret.map_err(|error| StartError::new("data folder", error))?, Some(folder)))
        }
    }
}

pub(super) type Sockets = BTreeMap<(String, DoorKind), Listener>;

/// Binds every socket before anything else happens: a taken port is the most common mistake.
fn bind_all(
    services: &[Service],
    network: Network,
    platform: &PlatformSettings,
) -> Result<Sockets, StartError> {
    let shift = match network {
        Network::None => return Ok(Sockets::new()),
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

/// Takes requests from the queue of a near door and answers each in a task of its own.
async fn answer_near(scope: Scope, handler: tradewind_client::Handler, mut receiver: NearReceiver) {
    loop {
        let next = tokio::select! {
            biased;
            next = receiver.next() => next,
            () = scope.stopping() => return,
        };
        let Some((request, answer)) = next else { return };
        let handler = handler.clone();
        scope.spawn("request", async move { answer(handler(request).await) });
    }
}

impl Running {
    /// Makes sure that every peer has an address: in this process, or where the settings say.
    fn find_peers(&mut self) -> Result<(), StartError> {
        for instance in &self.instances {
            let logs = instance.followers.iter().map(|follower| internal_door(follower.producer));
            for name in instance.wanted.iter().cloned().chain(logs) {
                self.finder.enter_elsewhere(&self.book, &name, &self.platform)?;
                self.book.require(&name).map_err(|error| {
                    let (service, kind) = door_of(&name);
                    let reason =
                        format!("{error}. If {service} runs elsewhere, say where: peers.{service}.{kind}");
                    StartError::new(instance.name, reason)
                })?;
            }
        }
        Ok(())
    }

    fn answer_near(&self, receivers: Vec<(Scope, tradewind_client::Handler, NearReceiver)>) {
        for (scope, handler, receiver) in receivers {
            let serving = answer_near(scope.clone(), handler, receiver);
            scope.spawn("near door", serving);
        }
    }

    /// Starts every subscription on the log of its producer.
    fn follow(&mut self) {
        let logs: BTreeMap<&str, Db> =
            self.instances.iter().map(|instance| (instance.name, instance.db.clone())).collect();
        for instance in &mut self.instances {
            for follower in std::mem::take(&mut instance.followers) {
                let producer = follower.producer;
                let feed: Box<dyn Feed> = match logs.get(producer) {
                    Some(log) => Box::new(LogFeed::new(producer, log.clone())),
                    None if self.absent.iter().any(|absent| absent.name == producer) => {
                        Box::new(AbsentFeed { producer })
                    }
                    None => {
                        let peer = self.book.peer(&internal_door(producer));
                        let entropy = self.entropy.fork(&format!("{}/{producer}", instance.name));
                        let drawn = (self.clock.clone(), entropy);
                        Box::new(FarFeed::new(producer, instance.name, peer, self.secret.clone(), drawn))
                    }
                };
                let feed = match &self.broker {
                    Some(broker) => broker.feed(instance, producer, feed),
                    None => feed,
                };
                let scope = &instance.scopes.consumers;
                scope.spawn("subscription", until_stopped(scope.clone(), (follower.follow)(feed)));
            }
        }
    }

    /// Connects to the broker, if there is one, and publishes what the services announce.
    fn relay(&self) {
        let Some(broker) = &self.broker else { return };
        if let Some(first) = self.instances.first() {
            broker.observe(&first.metrics);
        }
        broker.run();
        for instance in self.instances.iter().filter(|instance| self.tellers.contains(instance.name)) {
            let scope = &instance.scopes.consumers;
            let relay = broker.relay(instance, &self.clock, &self.entropy);
            scope.spawn("relay", until_stopped(scope.clone(), relay));
        }
    }

    /// Starts the consumers of the bus.
    fn consume(&mut self) {
        for instance in &mut self.instances {
            let scope = &instance.scopes.consumers;
            for consumer in std::mem::take(&mut instance.consumers) {
                scope.spawn("bus", until_stopped(scope.clone(), consumer));
            }
        }
    }

    fn repeat(&mut self) {
        for instance in &mut self.instances {
            for repeater in std::mem::take(&mut instance.repeaters) {
                let (scope, clock) = (&instance.scopes.consumers, self.clock.clone());
                let forever = async move {
                    let mut pause = repeater.first;
                    loop {
                        clock.sleep(pause).await;
                        tracing::debug!(job = repeater.name, "running");
                        pause = (repeater.run)().await;
                    }
                };
                scope.spawn("job", until_stopped(scope.clone(), forever));
            }
        }
    }

    fn export(&mut self) {
        for instance in &mut self.instances {
            if let Some(exporter) = instance.exporter.take() {
                let scope = &instance.scopes.exports;
                scope.spawn("spans", exporter.run(scope.clone()));
            }
        }
    }

    /// Follows the files of the identity for as long as there are connections.
    fn watch_identity(&self) {
        if let (Some(identity), Some(first)) = (&self.identity, self.instances.first()) {
            let scope = &first.scopes.connections;
            let watching = identity::watch(identity.clone(), self.clock.clone());
            scope.spawn("identity", until_stopped(scope.clone(), watching));
        }
    }

    fn listen(&mut self, sockets: &mut Sockets) -> Result<(), StartError> {
        let http = &self.platform.http;
        let stall = http.head_timeout.saturating_add(http.deadline);
        let limits = ConnectionLimits { head: http.head_timeout, stall, buffer: HEAD_BUFFER };
        let (clock, identity) = (self.clock.clone(), self.identity.clone());
        let public = self.platform.identity.public;
        let common = Serving { limits, clock: &clock, identity, public };
        for instance in &mut self.instances {
            for door in &mut instance.doors {
                let Some(listener) = sockets.remove(&(instance.name.to_owned(), door.kind)) else {
                    continue;
                };
                door.address = Some(listener.address);
                let scope = instance.scopes.connections.clone();
                let serving = Accepting {
                    handler: door.handler.clone(),
                    guard: door.guard.clone(),
                    wire: common.wire(instance.name, door.kind),
                    limits,
                    clock: self.clock.clone(),
                    scope: scope.clone(),
                };
                if door.kind == DoorKind::DataPlane {
                    let name = format!("{}-edge", instance.name);
                    let started = accept_on_own_thread(&name, listener, serving);
                    started.map_err(|error| StartError::new(instance.name, error))?;
                } else {
                    scope.spawn("accept", accept(listener, serving));
                }
            }
        }
        for absent in &mut self.absent {
            absent.listen(sockets, &common);
        }
        Ok(())
    }

    /// The services that do not run because of their databases, each with what to mend. Their doors answer 503.
    #[must_use]
    pub fn absent(&self) -> Vec<(&str, &str)> {
        self.absent.iter().map(|absent| (absent.name.as_str(), absent.reason())).collect()
    }

    /// Waits until every subscription has handled what its producer had told when this was called.
    ///
    /// # Errors
    /// When that takes longer than `limit`, with the subscription that is behind.
    pub async fn caught_up(&self, limit: Duration) -> Result<(), StartError> {
        for instance in &self.instances {
            for (producer, progress) in &instance.followed {
                let Some(log) = self.database(producer) else {
                    continue;
                };
                let head =
                    tradewind_events::head(log).await.map_err(|error| StartError::new(*producer, error))?;
                self.clock.timeout(limit, progress.reached(head)).await.map_err(|_| {
                    let reason = format!("it has not handled the events of {producer} up to {head} in time");
                    StartError::new(instance.name, reason)
                })?;
            }
        }
        Ok(())
    }

    /// Says that all instances take requests, to the registry as well if there is one.
    pub fn mark_ready(&self) {
        for instance in &self.instances {
            instance.health.advance(Stage::Ready);
        }
        self.announce();
    }

    /// The doors that are open, by service.
    #[must_use]
    pub fn doors(&self) -> Vec<OpenDoor> {
        let open = self.instances.iter().flat_map(|instance| {
            instance.doors.iter().filter_map(|door| {
                let service = instance.name.to_owned();
                door.address.map(|address| OpenDoor { service, kind: door.kind, address })
            })
        });
        open.chain(self.absent.iter().flat_map(Absent::open_doors)).collect()
    }

    /// The phone book: every door, as a near peer.
    #[must_use]
    pub fn book(&self) -> &PhoneBook {
        &self.book
    }

    /// The secret that opens internal doors.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Who the process is, where it has a certificate; for its own calls.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The clock of the process.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The randomness of the process.
    #[must_use]
    pub fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// The data folder, when there is one.
    #[must_use]
    pub fn folder(&self) -> Option<&DataFolder> {
        self.folder.as_ref()
    }

    /// The database of a service, for checks in tests and tools.
    #[must_use]
    pub fn database(&self, service: &str) -> Option<&Db> {
        self.instances.iter().find(|instance| instance.name == service).map(|instance| &instance.db)
    }
}

/// The name of the door behind which the log of a service is.
fn internal_door(service: &str) -> String {
    format!("{service}/{}", DoorKind::Internal.name())
}

pub(super) async fn until_stopped(scope: Scope, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = scope.stopping() => {}
        () = work => {}
    }
}
