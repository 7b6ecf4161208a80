//! Building services, connecting them, and setting them to work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tradewind_client::{NearReceiver, PhoneBook};
use tradewind_db::{Db, Volume};
use tradewind_events::{Feed, LogFeed};
use tradewind_identity::Identity;
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_saga::Interference;

use crate::assembly::absent::{Absent, AbsentFeed};
use crate::assembly::announcing::check_reachable;
use crate::assembly::ground::{Built, Ground, Receivers};
use crate::assembly::identify::{Serving, identify};
use crate::assembly::peers::{Finder, door_of};
use crate::assembly::sockets::{Sockets, bind_all};
use crate::by_broker::BrokerLink;
use crate::data_folder::DataFolder;
use crate::description::{Description, DoorKind};
use crate::far_feed::FarFeed;
use crate::foreign::Outside;
use crate::health::Stage;
use crate::host::{Host, Network, PlatformSettings, Storage};
use crate::identity;
use crate::instance::{Instance, OpenDoor};
use crate::sagas::Meddled;
use crate::serve::{Accepting, ConnectionLimits, accept, accept_on_own_thread};
use crate::service::Service;
use crate::start_error::StartError;
use crate::tasks::Scope;
use crate::telemetry;
use crate::tokens::Tokens;

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
    /// What a test does to sagas.
    pub(super) meddled: Vec<Meddled>,
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
    /// Where those in other processes are, and what those are told of this one.
    pub(super) finder: Finder,
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
        Self { services, beside: Vec::new(), meddled: Vec::new() }
    }

    /// Says which other services belong to the fleet, in processes of their own: settings may be about them.
    #[must_use]
    pub fn beside(mut self, services: &[String]) -> Self {
        let runs_here = |name: &String| self.services.iter().any(|each| each.description().name == *name);
        self.beside = services.iter().filter(|name| !runs_here(name)).cloned().collect();
        self
    }

    /// Has a test meddle with a saga of a service while it runs.
    #[must_use]
    pub fn meddle(mut self, service: &str, saga: &str, interference: Arc<dyn Interference>) -> Self {
        self.meddled.push(Meddled { service: service.to_owned(), saga: saga.to_owned(), interference });
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
        let (secret, folder, volume) = opened(storage, &entropy)?;
        let instance = instance(folder.as_ref(), volume.as_ref(), &entropy)?;
        let wiring = match &network {
            Network::Wired(wiring) => Some(wiring.clone()),
            _ => None,
        };
        let outside = Outside::of(&network);
        let identity = identify(&self.services, &network, &platform, &clock)?;
        let mut sockets = bind_all(&self.services, network, &platform)?;
        check_reachable(&sockets, &platform)?;
        let book = PhoneBook::new(clock.clone(), entropy.fork("phone book"));
        let drawn = (clock.clone(), entropy.fork("discovery"));
        let mut finder = Finder::new(&platform, &secret, (&instance, identity.clone()), drawn)?;
        let broker = BrokerLink::new(&platform, wiring.as_deref(), (&clock, &entropy))?;
        let pace = wiring.as_ref().and_then(|wiring| wiring.pace());
        finder.wiring = wiring;
        let bus = BrokerLink::bus(broker.as_ref(), self.beside.is_empty(), (&clock, &entropy));
        let tellers = tellers(&self.services);
        let logs = telemetry::log_book();
        let tokens = Arc::new(Tokens::new(&platform.access, &book, clock.clone(), entropy.fork("tokens")));
        let (meddled, has_replicas) = (self.meddled.into(), volume.is_some());
        let ground = Ground {
            meddled,
            has_replicas,
            is_inline: folder.is_none(),
            clock,
            entropy,
            settings,
            platform,
            secret,
            identity,
            instance,
            book,
            outside,
            tokens,
            bus,
            logs,
            pace,
        };
        let disk = (folder.as_ref(), volume.as_ref().map(|(volume, _)| volume));
        let built = ground.build(self.services, disk, &mut finder, progress).await?;
        let Built { instances, absent, receivers } = built;
        let Ground { clock, entropy, platform, secret, identity, book, .. } = ground;
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
            entropy,
            secret,
            broker,
            tellers,
            identity,
        };
        running.set_to_work(receivers, &mut sockets)?;
        Ok(running)
    }
}

/// The services that announce events.
fn tellers(services: &[Service]) -> BTreeSet<String> {
    let tell = services.iter().map(Service::description).filter(|each| !each.promises.is_empty());
    tell.map(|description| description.name.clone()).collect()
}

/// What tells this process from other replicas, and is the same in its next life.
fn instance(
    folder: Option<&DataFolder>,
    volume: Option<&(Volume, String)>,
    entropy: &Entropy,
) -> Result<String, StartError> {
    let Some(folder) = folder else {
        return Ok(volume.map_or_else(|| "simulated".to_owned(), |(_, holder)| holder.clone()));
    };
    folder.instance(entropy).map_err(|error| StartError::new("data folder", error))
}

/// What internal doors ask for, the folder, and the volume with the name of its holder.
type Opened = (Secret, Option<DataFolder>, Option<(Volume, String)>);

fn opened(storage: Storage, entropy: &Entropy) -> Result<Opened, StartError> {
    match storage {
        Storage::Memory => Ok((Secret::new("simulated"), None, None)),
        Storage::Volume { volume, holder } => Ok((Secret::new("simulated"), None, Some((volume, holder)))),
        Storage::Folder(folder) => {
            let secret = folder.secret(INTERNAL_SECRET, entropy);
            Ok((secret.map_err(|error| StartError::new("data folder", error))?, Some(folder), None))
        }
    }
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
    /// Connects what was built, and begins what runs by itself.
    fn set_to_work(&mut self, receivers: Receivers, sockets: &mut Sockets) -> Result<(), StartError> {
        self.find_peers()?;
        self.answer_near(receivers);
        self.follow();
        self.relay();
        self.consume();
        self.carry_on();
        self.repeat();
        self.export();
        self.watch_identity();
        self.listen(sockets)?;
        self.prepare_announcing();
        self.finder.begin();
        Ok(())
    }

    /// Makes sure that every peer has an address: in this process, or where the settings say.
    fn find_peers(&mut self) -> Result<(), StartError> {
        // Who issues tokens need not be there: then none is accepted.
        self.finder.enter_elsewhere(&self.book, &self.platform.access.issued_by, &self.platform)?;
        for instance in &self.instances {
            for name in &instance.callees.optional {
                self.finder.enter_elsewhere(&self.book, name, &self.platform)?;
            }
            let logs = instance.followers.iter().map(|follower| internal_door(follower.producer));
            for name in instance.callees.needed.iter().cloned().chain(logs) {
                self.finder.enter_elsewhere(&self.book, &name, &self.platform)?;
                self.book.require(&name).map_err(|error| {
                    let (service, kind) = door_of(&name);
                    let reason =
                        format!("{error}. If {service} runs elsewhere, say where: peers.{service}.{kind}");
                    StartError::new(instance.name, reason).of_settings()
                })?;
            }
        }
        Ok(())
    }

    fn answer_near(&self, receivers: Receivers) {
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

    /// Goes on with the instances of sagas, and with the rebuilds of views.
    fn carry_on(&mut self) {
        for instance in &mut self.instances {
            let scope = &instance.scopes.consumers;
            for view in std::mem::take(&mut instance.views) {
                scope.spawn("view", until_stopped(scope.clone(), view));
            }
            for saga in std::mem::take(&mut instance.sagas) {
                scope.spawn("saga", until_stopped(scope.clone(), saga));
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
