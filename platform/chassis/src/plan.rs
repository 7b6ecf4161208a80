//! The way from a described service to a built one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tradewind_client::{BoxFuture, ForeignClient, Peer, PhoneBook};
use tradewind_db::{Db, Engine, Evidence, MigrationSet, Sql};
use tradewind_events::bus::Bus;
use tradewind_events::{EventType, Feed, RunnerOptions, Subscription};
use tradewind_kernel::{Clock, Entropy, Secret, SpanRecorder};
use tradewind_saga::Tally;
use tradewind_views::Rebuilt;

use crate::asyncapi::{self, Told};
use crate::audits::Audits;
use crate::backup::Backups;
use crate::database::Place;
use crate::dependency::{self, Dependency};
use crate::description::DoorKind;
use crate::evidence::Evidences;
use crate::foreign::Outside;
use crate::health::Health;
use crate::host::AccessSettings;
use crate::http::{Access, DoorContext, DoorLimits, DoorMetrics, Freshness, InFlight, Routes, door_handler};
use crate::instance::{BuiltDoor, Callees, Environment, Follower, Instance, Repeater, Scopes};
use crate::internals::Internals;
use crate::kept::Kept;
use crate::letters::{Followed, Letters};
use crate::measured::{observe, observe_subscription};
use crate::metrics::Metrics;
use crate::processes::{self, ProcessPlan, Processes};
use crate::public_feed::PublicFeed;
use crate::sagas::{Meddled, SagaPlan};
use crate::serve::GuardFactory;
use crate::settings::SettingsSource;
use crate::start_error::StartError;
use crate::subscribers::Subscribers;
use crate::sweep::Sweep;
use crate::tail::Watch;
use crate::upkeep::Upkeep;
use crate::views::{self, Views};
use crate::{openapi, peers, sagas};

/// What a service gets to build its state from.
#[derive(Debug)]
pub struct Init<C> {
    /// Its settings.
    pub settings: C,
    /// Its database, migrated.
    pub db: Db,
    /// Its clock.
    pub clock: Clock,
    /// Its randomness.
    pub entropy: Entropy,
    /// Where its metrics are registered.
    pub metrics: Metrics,
    /// Whose tokens are accepted, and for whom they must be.
    pub access: AccessSettings,
    pub(crate) service: &'static str,
    book: PhoneBook,
    outside: Outside,
    spans: SpanRecorder,
    secret: Secret,
    pub(crate) secrets: BTreeMap<&'static str, Secret>,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) is_inline: bool,
    callees: Callees,
    limit: Duration,
    declared: Vec<String>,
    undeclared: Option<String>,
    bus: Result<Bus, String>,
    refused: Option<String>,
    consumers: Consumers,
}

/// Work that lasts as long as the service takes events.
#[derive(Default)]
struct Consumers(Vec<BoxFuture<'static, ()>>);

impl fmt::Debug for Consumers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} consumers", self.0.len())
    }
}

impl<C> Init<C> {
    fn new(
        service: &'static str,
        settings: C,
        environment: &Environment,
        metrics: &Metrics,
        spans: SpanRecorder,
        declared: Vec<String>,
    ) -> Self {
        Self {
            settings,
            db: environment.db.clone(),
            clock: environment.clock.clone(),
            entropy: environment.entropy.clone(),
            metrics: metrics.clone(),
            access: environment.platform.access.clone(),
            service,
            book: environment.book.clone(),
            outside: environment.outside.clone(),
            spans,
            secret: environment.secret.clone(),
            secrets: environment.secrets.clone(),
            folder: environment.folder.clone(),
            is_inline: environment.is_inline,
            callees: Callees::default(),
            limit: environment.platform.http.deadline,
            declared,
            undeclared: None,
            bus: environment.bus.clone(),
            refused: None,
            consumers: Consumers::default(),
        }
    }

    /// Why what was asked for cannot be had, if it cannot.
    fn refusal(&mut self) -> Option<String> {
        let say = |peer: &String| format!("it depends on {peer} and does not say so: add .calls({peer:?})");
        self.undeclared.as_ref().map(say).or_else(|| self.refused.take())
    }

    /// The bus, for messages that belong to no transaction: see [`tradewind_events::bus`]. In one process it is in
    /// memory; between processes it needs a broker, and without one the start is stopped.
    pub fn bus(&mut self) -> Bus {
        match &self.bus {
            Ok(bus) => bus.clone(),
            Err(reason) => {
                self.refused.get_or_insert_with(|| reason.clone());
                Bus::in_memory(self.clock.clone(), self.entropy.fork("no bus"))
            }
        }
    }

    /// Runs a consumer of the bus, `consumer.run(…)` or `consumer.respond(…)`, from the start of the service until it
    /// drains: then it is dropped at an await, and what it held is delivered again.
    pub fn consume(&mut self, consumer: impl Future<Output = ()> + Send + 'static) {
        self.consumers.0.push(Box::pin(consumer));
    }

    /// A peer that the service needs for its own answers, ready to be called: see [`Dependency`].
    ///
    /// The start is stopped by a name that no door answers to, and by one that the definition does not name with
    /// [`Definition::calls`](crate::Definition::calls): what a service calls is part of what it says of itself.
    ///
    /// `<service>/internal` is the internal door of another service, for what only the fleet may ask; it is shown the
    /// fleet's secret, and a certificate where the process has one.
    pub fn dependency(&mut self, name: &str) -> Dependency {
        self.callees.needed.push(name.to_owned());
        self.depending_on(name)
    }

    /// A peer that is called where there is one: unlike with [`Init::dependency`], a fleet without it starts, and
    /// calls fail as those to a peer that is down. For telling somebody of something until it is heard.
    pub fn dependency_if_there(&mut self, name: &str) -> Dependency {
        self.callees.optional.push(name.to_owned());
        self.depending_on(name)
    }

    fn depending_on(&mut self, name: &str) -> Dependency {
        if !self.declared.iter().any(|declared| declared == name) {
            self.undeclared.get_or_insert_with(|| name.to_owned());
        }
        let peer = self.book.peer(name).recording(self.spans.clone());
        dependency::observe_endpoints(&self.metrics, &peer);
        dependency::observe(&self.metrics, &peer);
        let entropy = self.entropy.fork(&format!("call/{name}"));
        let is_internal = name.ends_with(&format!("/{}", DoorKind::Internal.name()));
        let secret = is_internal.then(|| self.secret.clone());
        Dependency::new(peer, secret, self.limit, (self.clock.clone(), entropy))
    }

    /// Gives back what has been held for too long, see [`Sweep`]: `held` gives (id, time, correlation) of what is
    /// held after a time and an id, in this sequence, up to a limit (`$1`, `$2`, `$3`), and what is held from now
    /// on is held for `horizon` at least.
    pub fn sweep(&self, held: &'static Sql, horizon: Duration) -> Sweep {
        Sweep {
            service: self.service,
            db: self.db.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.fork(&format!("sweep/{}", held.name())),
            held,
            horizon,
        }
    }

    /// Sends requests to addresses that somebody outside named, see [`ForeignClient`]. Nothing of the fleet goes with
    /// them: neither context nor secret.
    pub fn foreign(&self, allow_private: bool) -> ForeignClient {
        self.outside.client(&self.book, allow_private, self.clock.clone())
    }

    /// What a directory of peers is made of, and the peers that were asked for.
    pub(crate) fn calling(&self) -> (PhoneBook, SpanRecorder, &[String]) {
        (self.book.clone(), self.spans.clone(), &self.callees.needed)
    }

    /// A handle on a peer, for passing on what others ask. A name that no door answers to stops the start.
    pub fn peer(&mut self, name: &str) -> Peer {
        self.callees.needed.push(name.to_owned());
        let peer = self.book.peer(name).recording(self.spans.clone());
        dependency::observe_endpoints(&self.metrics, &peer);
        peer
    }
}

pub(crate) type InitFn<C, S> = Box<dyn FnOnce(&mut Init<C>) -> Result<S, String> + Send>;

/// A job's function, its types hidden; gives the pause before it runs again.
pub(crate) type Job<S> = Arc<dyn Fn(Arc<S>) -> BoxFuture<'static, Duration> + Send + Sync>;

pub(crate) struct DoorPlan<S> {
    pub(crate) kind: DoorKind,
    pub(crate) port: u16,
    pub(crate) routes: Routes<S>,
    pub(crate) guard: Option<GuardFactory>,
}

pub(crate) struct JobPlan<S> {
    pub(crate) name: &'static str,
    /// The pause before it runs for the first time.
    pub(crate) first: Duration,
    pub(crate) run: Job<S>,
}

/// Everything needed to build a service with settings `C` and state `S`.
pub(crate) struct Plan<C, S> {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) init: InitFn<C, S>,
    pub(crate) doors: Vec<DoorPlan<S>>,
    pub(crate) subscriptions: Vec<Subscription<S>>,
    pub(crate) jobs: Vec<JobPlan<S>>,
    pub(crate) sagas: Vec<SagaPlan<S>>,
    pub(crate) views: Vec<&'static dyn Rebuilt>,
    pub(crate) processes: Vec<ProcessPlan>,
    pub(crate) migrations: Vec<MigrationSet>,
    pub(crate) evidence: Vec<Evidence>,
    /// The peers that it says it calls.
    pub(crate) calls: Vec<String>,
    /// The types of events that it promises to tell.
    pub(crate) promises: Vec<EventType>,
    /// Those of them that other systems may read.
    pub(crate) public: Vec<EventType>,
    /// Whether it records who did what.
    pub(crate) is_audited: bool,
}

impl<C, S: Send + Sync + 'static> Plan<C, S> {
    /// What it says of its events.
    pub(crate) fn told(&self) -> Told {
        Told {
            service: self.name,
            about: self.about,
            ports: self.doors.iter().map(|door| (door.kind, door.port)).collect(),
            promises: self.promises.clone(),
            public: self.public.clone(),
            heard: self.subscriptions.iter().map(|each| (each.producer(), each.events())).collect(),
        }
    }

    /// Why it cannot run as it is described.
    fn refusal(&self) -> Option<String> {
        let promised = |event: &&EventType| !self.promises.iter().any(|known| known.kind == event.kind);
        let unpromised = self.public.iter().find(promised);
        let unpromised =
            unpromised.map(|event| format!("it publishes {} and does not promise it", event.kind));
        let processes = || processes::refusal(&self.processes);
        unpromised.or_else(|| sagas::refusal(&self.sagas)).or_else(processes)
    }
}

/// A plan whose types are hidden.
pub(crate) trait Launch: Send {
    /// Whether the settings of the service can be read; asked of all before any of them is built.
    fn check(&self, settings: &SettingsSource) -> Result<(), StartError>;

    fn launch(self: Box<Self>, environment: Environment) -> BoxFuture<'static, Result<Instance, StartError>>;
}

impl<C, S> Launch for Plan<C, S>
where
    C: DeserializeOwned + Send + 'static,
    S: Send + Sync + 'static,
{
    fn check(&self, settings: &SettingsSource) -> Result<(), StartError> {
        settings.section::<C>(self.name).map(drop).map_err(|error| StartError::new(self.name, error))
    }

    fn launch(self: Box<Self>, environment: Environment) -> BoxFuture<'static, Result<Instance, StartError>> {
        Box::pin(self.build(environment))
    }
}

impl<C, S> Plan<C, S>
where
    C: DeserializeOwned + Send + 'static,
    S: Send + Sync + 'static,
{
    async fn build(self: Box<Self>, environment: Environment) -> Result<Instance, StartError> {
        let (told, plan) = (self.told(), *self);
        let Self { name, about, .. } = plan;
        let failed = |reason: String| StartError::new(name, reason);
        let wrong = |reason: String| StartError::new(name, reason).of_settings();
        plan.refusal().map_or(Ok(()), |reason| Err(failed(reason)))?;
        let settings = environment.settings.section(name).map_err(|error| wrong(error.to_string()))?;
        migrate(name, &plan.migrations, &environment).await?;
        views::register(&plan.views, name, &environment).await.map_err(failed)?;
        let metrics = Metrics::new(name);
        let metrics = if environment.tells_of_process { metrics.with_process() } else { metrics };
        let kept = Kept::new(name, &environment);
        let mut init_with =
            Init::new(name, settings, &environment, &metrics, kept.recorder(name), plan.calls);
        let state = Arc::new((plan.init)(&mut init_with).map_err(wrong)?);
        if let Some(reason) = init_with.refusal() {
            return Err(failed(reason));
        }
        let health = Health::default();
        let scopes = Scopes::new(name, environment.pace.as_ref());
        observe(&metrics, &environment, &scopes);
        let exporter = kept.exporter(name, &environment, &metrics).map_err(failed)?;
        let platform = Internals { health: health.clone(), metrics: metrics.clone() };
        let processes = Processes::of(&plan.sagas, plan.processes, &environment);
        let subscriptions: Vec<Followed<S>> = plan.subscriptions.into_iter().map(Followed::new).collect();
        let building = Building {
            name,
            holder: holder(name, &environment),
            about,
            told,
            state,
            environment,
            metrics,
            scopes,
            kept,
            subscriptions: subscriptions.clone(),
            evidence: plan.evidence,
            is_audited: plan.is_audited,
            views: plan.views.into(),
            processes,
        };
        let doors = plan.doors.into_iter().map(|door| building.door(door, &platform).map_err(failed));
        let doors = doors.collect::<Result<_, _>>()?;
        let followers: Vec<Follower> =
            subscriptions.into_iter().map(|each| building.follower(each)).collect();
        let followed = followers.iter().map(|each| (each.producer, each.progress.clone())).collect();
        let repeaters = building.repeaters(plan.jobs);
        let sagas = plan.sagas.into_iter().map(|saga| building.saga(saga)).collect();
        let views = views::runners(&building.views, name, &building.environment, &building.metrics);
        let Building { environment, metrics, scopes, holder, .. } = building;
        let (callees, consumers) = (init_with.callees, init_with.consumers.0);
        Ok(Instance {
            name,
            holder,
            db: environment.db,
            health,
            metrics,
            doors,
            followers,
            followed,
            repeaters,
            sagas,
            views,
            consumers,
            exporter,
            callees,
            scopes,
        })
    }
}

/// A service in the middle of being built.
struct Building<S> {
    name: &'static str,
    /// Under which name it takes leases.
    holder: String,
    about: &'static str,
    told: Told,
    state: Arc<S>,
    environment: Environment,
    metrics: Metrics,
    scopes: Scopes,
    kept: Kept,
    subscriptions: Vec<Followed<S>>,
    evidence: Vec<Evidence>,
    is_audited: bool,
    views: Arc<[&'static dyn Rebuilt]>,
    processes: Processes,
}

impl<S: Send + Sync + 'static> Building<S> {
    fn door(&self, plan: DoorPlan<S>, internals: &Internals) -> Result<BuiltDoor, String> {
        let DoorPlan { kind, port, routes, guard } = plan;
        let routes = match kind {
            DoorKind::Internal => {
                let routes = self.letters().add_to(internals.add_to(routes));
                let routes = peers::add_to(self.subscribers().add_to(routes), &self.environment.book);
                let routes = self.processes.clone().add_to(self.views().add_to(routes));
                self.backups().add_to(self.evidence().add_to(self.watch().add_to(routes)))
            }
            DoorKind::Public => {
                PublicFeed::offer(&self.told, &self.environment.db, &self.scopes.consumers, routes)
            }
            DoorKind::Admin | DoorKind::DataPlane => routes,
        };
        let routes = if self.is_audited { self.audits().offer(kind, routes) } else { routes };
        let routes = asyncapi::add_to(routes, &self.told, kind, &self.environment.platform)?;
        let routes = internals.add_grpc_health_to(routes, self.name);
        let routes =
            if kind.is_documented() { openapi::add_to(routes, self.name, self.about, kind) } else { routes };
        let platform = &self.environment.platform;
        let access = match kind {
            DoorKind::Internal => Access::Internal {
                secret: self.environment.secret.clone(),
                declared: platform.identity.declared(self.name),
            },
            DoorKind::DataPlane => Access::Unchecked,
            DoorKind::Public | DoorKind::Admin => Access::Public {
                development_tokens: platform.access.development_tokens,
                tokens: self.environment.tokens.clone(),
            },
        };
        let context = DoorContext {
            service: self.name,
            door: kind.name(),
            clock: self.environment.clock.clone(),
            entropy: self.environment.entropy.fork(kind.name()),
            scope: self.scopes.requests.clone(),
            closing: self.scopes.consumers.clone(),
            in_flight: InFlight::default(),
            limits: DoorLimits {
                max_body_bytes: platform.http.max_body_bytes,
                deadline: platform.http.deadline,
            },
            access,
            metrics: DoorMetrics::new(&self.metrics),
            spans: self.kept.recorder(self.name),
            fresh: Freshness::new(self.subscribers().followed, &self.metrics),
        };
        let guard = guard.map(|factory| (factory, context.metrics.on_refusal(&context)));
        let router = Arc::new(routes.compile()?);
        let handler = door_handler(self.state.clone(), router, Arc::new(context));
        let handler = match kind {
            DoorKind::Public | DoorKind::Admin => internals.with_readiness(handler),
            DoorKind::Internal | DoorKind::DataPlane => handler,
        };
        Ok(BuiltDoor { kind, port, handler, guard, address: None })
    }

    fn evidence(&self) -> Evidences {
        let (db, consumers) = (self.environment.db.clone(), self.scopes.consumers.clone());
        Evidences { db, tables: self.evidence.clone(), consumers }
    }

    fn audits(&self) -> Audits {
        Audits { service: self.name, db: self.environment.db.clone() }
    }

    fn views(&self) -> Views {
        Views { db: self.environment.db.clone(), views: self.views.clone() }
    }

    fn backups(&self) -> Backups {
        let producers = self.subscriptions.iter().map(|each| each.subscription.producer().to_owned());
        Backups {
            db: self.environment.db.clone(),
            producers: producers.collect(),
            consumers: self.scopes.consumers.clone(),
        }
    }

    fn letters(&self) -> Letters<S> {
        let spans = self.kept.recorder(self.name);
        Letters { db: self.environment.db.clone(), followed: self.subscriptions.clone(), spans }
    }

    fn subscribers(&self) -> Subscribers {
        let each = |each: &Followed<S>| (each.subscription.producer(), each.progress.clone());
        let followed = self.subscriptions.iter().map(each).collect();
        Subscribers { name: self.name, db: self.environment.db.clone(), followed }
    }

    fn watch(&self) -> Watch {
        Watch {
            name: self.name,
            db: self.environment.db.clone(),
            consumers: self.scopes.consumers.clone(),
            logs: self.kept.logs.clone(),
            spans: self.kept.spans.clone(),
        }
    }

    fn follower(&self, followed: Followed<S>) -> Follower {
        let Followed { subscription, progress } = followed;
        let producer = subscription.producer();
        observe_subscription(&self.metrics, producer, &progress);
        let options = RunnerOptions {
            consumer: self.name,
            holder: self.holder.clone(),
            db: self.environment.db.clone(),
            clock: self.environment.clock.clone(),
            entropy: self.environment.entropy.fork(&format!("follow/{producer}")),
            progress: progress.clone(),
            spans: self.kept.recorder(self.name),
        };
        let state = self.state.clone();
        let follow = move |feed: Box<dyn Feed>| -> BoxFuture<'static, ()> {
            Box::pin(tradewind_events::run(subscription, state, feed, options))
        };
        Follower { producer, progress, follow: Box::new(follow) }
    }

    fn saga(&self, saga: SagaPlan<S>) -> BoxFuture<'static, ()> {
        let (name, tally) = (saga.name(), Arc::new(Tally::default()));
        sagas::observe(&self.metrics, name, &tally);
        let is_meant = |each: &&Meddled| each.service == self.name && each.saga == name;
        let meddled = self.environment.meddled.iter().find(is_meant);
        let interference = meddled.map(|each| each.interference.clone());
        let options = tradewind_saga::RunnerOptions {
            service: self.name,
            holder: self.holder.clone(),
            db: self.environment.db.clone(),
            clock: self.environment.clock.clone(),
            entropy: self.environment.entropy.fork(&format!("saga/{name}")),
            tally,
            spans: self.kept.recorder(self.name),
            interference,
        };
        saga.carry_on(self.state.clone(), options)
    }

    /// Its jobs, and those that every service has.
    fn repeaters(&self, jobs: Vec<JobPlan<S>>) -> Vec<Repeater> {
        let own = jobs.into_iter().map(|job| self.repeater(job));
        let counted = self.processes.clone().counted(&self.metrics);
        own.chain(self.upkeep()).chain(counted).collect()
    }

    fn repeater(&self, job: JobPlan<S>) -> Repeater {
        let state = self.state.clone();
        let JobPlan { name, first, run } = job;
        Repeater { name, first, run: Box::new(move || run(state.clone())) }
    }

    /// What keeps the database of every service within bounds.
    fn upkeep(&self) -> [Repeater; 2] {
        let Environment { db, clock, entropy, platform, .. } = &self.environment;
        let (db, clock, entropy) = (db.clone(), clock.clone(), entropy.fork("prune"));
        let upkeep = Upkeep { service: self.name, db, clock, entropy };
        [upkeep.clone().answers(), upkeep.events(platform.events, &self.metrics)]
    }
}

/// Brings the schema of a service up to date; its database is closed when that fails.
async fn migrate(
    name: &'static str,
    migrations: &[MigrationSet],
    environment: &Environment,
) -> Result<(), StartError> {
    let settings = &environment.platform.database;
    let Err(error) = environment.db.migrate(migrations, settings.migrate).await else { return Ok(()) };
    environment.db.close().await;
    let (clock, entropy) = (&environment.clock, &environment.entropy);
    let (folder, volume, holder, release) = (None, None, "", "");
    let place = Place { service: name, folder, volume, holder, release, settings, clock, entropy };
    Err(StartError::new(name, place.mend(&error)).of_database())
}

/// Under which name an instance takes leases: one of its own among the replicas of a service, and the same in each
/// life on one data folder, whose lock says that the one before is over. So a restart need not wait for what that left.
fn holder(service: &str, environment: &Environment) -> String {
    match environment.db.engine() {
        Engine::Sqlite if !environment.has_replicas => format!("{service}/sole"),
        Engine::Sqlite | Engine::Postgres => format!("{service}/{}", environment.instance),
    }
}
