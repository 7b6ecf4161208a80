//! A service as a value: everything it is, and nothing that runs yet.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_db::{Evidence, MigrationSet, Sql};
use tradewind_events::{Event, EventType, Subscription};
use tradewind_lineage::Process;
use tradewind_problem::Kind;
use tradewind_saga::Saga;
use tradewind_views::Rebuilt;

use crate::asyncapi::Told;
use crate::description::{Description, DoorDescription, DoorKind, SubscriptionDescription};
use crate::http::Routes;
use crate::plan::{DoorPlan, Init, Job, JobPlan, Launch, Plan};
use crate::processes::ProcessPlan;
use crate::sagas::SagaPlan;
use crate::secrets::secret_file;
use crate::serve::GuardFactory;

/// The pause after a self-paced job failed.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The settings of a service that has none: its section must be absent or empty.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// A service, ready to be run alone or with others.
pub struct Service {
    pub(crate) description: Description,
    pub(crate) migrations: Vec<MigrationSet>,
    pub(crate) launch: Box<dyn Launch>,
    told: Told,
    undescribed: Vec<String>,
    /// The names of the secrets that it keeps.
    pub(crate) secrets: Vec<&'static str>,
}

impl Service {
    /// What the service says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The parts of its schema, in the order in which they are applied.
    #[must_use]
    pub fn migrations(&self) -> &[MigrationSet] {
        &self.migrations
    }

    /// The types of events it promises.
    #[must_use]
    pub fn promises(&self) -> &[EventType] {
        &self.told.promises
    }

    /// The AsyncAPI document of what it tells and hears, as its door of this kind shows it where no broker is used;
    /// `None` when such a door has none.
    #[must_use]
    pub fn asyncapi(&self, door: DoorKind) -> Option<String> {
        self.told.is_shown_at(door).then(|| self.told.document(door, None))
    }

    /// What its routes' descriptions lack, one sentence each; empty when `/openapi.json` is complete.
    #[must_use]
    pub fn undescribed(&self) -> &[String] {
        &self.undescribed
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("description", &self.description).finish_non_exhaustive()
    }
}

/// Describes a service with settings `C` and state `S`.
///
/// Every service gets, without saying so: a database of its own, the tables for events and idempotent
/// commands, an internal door with health and metrics, and a drain.
pub struct Definition<C, S> {
    name: &'static str,
    about: &'static str,
    plan: Plan<C, S>,
    problems: Vec<String>,
    secrets: Vec<&'static str>,
}

impl<C, S> Definition<C, S>
where
    C: DeserializeOwned + Send + 'static,
    S: Send + Sync + 'static,
{
    /// A service called `name`, whose state is made by `init`.
    ///
    /// `init` may fail with a text that says what is wrong with the settings or files; it stops the start.
    #[must_use]
    pub fn new(
        name: &'static str,
        about: &'static str,
        init: impl FnOnce(&mut Init<C>) -> Result<S, String> + Send + 'static,
    ) -> Self
    where
        C: Default,
    {
        let plan = Plan {
            name,
            about,
            init: Box::new(init),
            doors: Vec::new(),
            subscriptions: Vec::new(),
            jobs: Vec::new(),
            sagas: Vec::new(),
            views: Vec::new(),
            processes: Vec::new(),
            migrations: vec![
                tradewind_db::lease::MIGRATIONS,
                tradewind_events::MIGRATIONS,
                crate::http::IDEMPOTENCY_MIGRATIONS,
            ],
            evidence: [tradewind_events::EVIDENCE, crate::http::IDEMPOTENCY_EVIDENCE].concat(),
            calls: Vec::new(),
            promises: Vec::new(),
            public: Vec::new(),
            is_audited: false,
        };
        Self { name, about, plan, problems: Vec::new(), secrets: Vec::new() }
    }

    /// Opens the door for users; the gateway routes to it.
    #[must_use]
    pub fn public(self, port: u16, routes: Routes<S>) -> Self {
        self.door(DoorKind::Public, port, routes, None)
    }

    /// Opens a door for operators of this service.
    #[must_use]
    pub fn admin(self, port: u16, routes: Routes<S>) -> Self {
        self.door(DoorKind::Admin, port, routes, None)
    }

    /// Opens the internal door; health and metrics are added to `routes`.
    #[must_use]
    pub fn internal(self, port: u16, routes: Routes<S>) -> Self {
        self.door(DoorKind::Internal, port, routes, None)
    }

    /// Opens a door with threads of its own, whose connections pass a guard first.
    #[must_use]
    pub fn data_plane(self, port: u16, routes: Routes<S>, guard: GuardFactory) -> Self {
        self.door(DoorKind::DataPlane, port, routes, Some(guard))
    }

    fn door(mut self, kind: DoorKind, port: u16, routes: Routes<S>, guard: Option<GuardFactory>) -> Self {
        self.plan.doors.push(DoorPlan { kind, port, routes, guard });
        self
    }

    /// Adds a part of the schema.
    #[must_use]
    pub fn migrations(mut self, set: MigrationSet) -> Self {
        self.plan.migrations.push(set);
        self
    }

    /// Shows rows by which its promises can be checked from outside, besides those of the platform.
    #[must_use]
    pub fn evidence(mut self, tables: &[Evidence]) -> Self {
        self.plan.evidence.extend_from_slice(tables);
        self
    }

    /// Keeps a secret of its own beside the data, made at the first start and the same ever after: what it seals in its
    /// database opens with it, and a copy of the database alone opens nothing. [`Init::secret`] gives it.
    #[must_use]
    pub fn keeps_secret(mut self, name: &'static str) -> Self {
        self.secrets.push(name);
        self
    }

    /// Promises to tell events of type `E`.
    #[must_use]
    pub fn promises<E: Event>(mut self) -> Self {
        self.plan.promises.push(EventType::of::<E>());
        self
    }

    /// Offers events of these types, which it promises, to other systems: at `/api/<service>/v1/feed` of its public
    /// door, to whoever shows the token of a system or of staff. Nothing else is public.
    #[must_use]
    pub fn publishes(mut self, events: &[EventType]) -> Self {
        self.plan.public.extend_from_slice(events);
        self
    }

    /// Listens to the events of another service.
    #[must_use]
    pub fn follows(mut self, subscription: Subscription<S>) -> Self {
        self.plan.subscriptions.push(subscription);
        self
    }

    /// Says that it calls a peer.
    #[must_use]
    pub fn calls(mut self, peer: &str) -> Self {
        self.plan.calls.push(peer.to_owned());
        self
    }

    /// Repeats work: first after `every`, then each time `every` after it ended.
    #[must_use]
    pub fn job<F, R>(mut self, name: &'static str, every: Duration, run: F) -> Self
    where
        F: Fn(Arc<S>) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let run: Job<S> = Arc::new(move |state| {
            let done = run(state);
            Box::pin(async move {
                done.await;
                every
            })
        });
        self.plan.jobs.push(JobPlan { name, first: every, run });
        self
    }

    /// Repeats work that knows when there will be more of it: first after `first`, then each time after the
    /// pause that it gives, so that it costs nothing while there is nothing to do.
    ///
    /// A failure is logged and the work is tried again after ten seconds. Work that was done halfway when the
    /// service drains is dropped at an await; what it wrote must be whole by then.
    #[must_use]
    pub fn self_paced_job<F, R, E>(mut self, name: &'static str, first: Duration, run: F) -> Self
    where
        F: Fn(Arc<S>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Duration, E>> + Send + 'static,
        E: fmt::Display,
    {
        let service = self.name;
        let run: Job<S> = Arc::new(move |state| {
            let done = run(state);
            Box::pin(async move {
                done.await.unwrap_or_else(|error| {
                    tracing::warn!(service, job = name, %error, "a job failed and is tried again");
                    RETRY_AFTER
                })
            })
        });
        self.plan.jobs.push(JobPlan { name, first, run });
        self
    }

    /// Carries the instances of a saga on, of the newest version and of the older ones that it carries. Instances are
    /// started by what [`Saga::instances`] gives, which belongs into the state.
    ///
    /// The service gets tables for sagas with the first one. A saga that cannot be run stops the start.
    #[must_use]
    pub fn saga<D>(mut self, saga: Saga<S, D>) -> Self
    where
        D: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        if self.plan.sagas.is_empty() {
            self.plan.migrations.push(tradewind_saga::MIGRATIONS);
            self.plan.evidence.extend_from_slice(tradewind_saga::EVIDENCE);
        }
        self.plan.sagas.push(SagaPlan::new(saga));
        self
    }

    /// Has a view that can be made again from its streams while it is read: see [`tradewind_views`]. Its tables are made
    /// by the service's migrations.
    ///
    /// The service gets a table for views with the first one. Two of one name stop the start.
    #[must_use]
    pub fn view(mut self, view: &'static dyn Rebuilt) -> Self {
        if self.plan.views.is_empty() {
            self.plan.migrations.push(tradewind_views::MIGRATIONS);
            self.plan.evidence.extend_from_slice(tradewind_views::EVIDENCE);
        }
        self.plan.views.push(view);
        self
    }

    /// Records who did what, in the transactions of what was done: see [`tradewind_audit`]. The service gets the tables of
    /// a chain of its own, routes by which it is read and verified behind its internal door, and one for staff at
    /// `/api/<service>/v1/audit` of its public door.
    #[must_use]
    pub fn audited(mut self) -> Self {
        self.plan.migrations.push(tradewind_audit::MIGRATIONS);
        self.plan.evidence.extend_from_slice(tradewind_audit::EVIDENCE);
        self.plan.is_audited = true;
        self
    }

    /// Owns a process in which services react to each other: what it waits for, who decides that, and what takes it
    /// back. It is in the service's description, so that one process can be reconstructed from events: see
    /// [`tradewind_lineage`].
    ///
    /// `late` finds the ones that got stuck: id and time (microseconds) of those that began up to `$1` and have not been
    /// decided, oldest first, up to `$2` of them. `$1` is as long ago as the longest limit of a step. They are listed
    /// at `/processes` behind the internal door, and counted as `process_late`.
    #[must_use]
    pub fn process(mut self, process: &'static Process, late: &'static Sql) -> Self {
        self.plan.processes.push(ProcessPlan { process, late });
        self
    }

    /// Names the kinds of problem that it gives besides the platform's.
    #[must_use]
    pub fn problems(mut self, kinds: &[Kind]) -> Self {
        self.problems.extend(kinds.iter().map(|kind| kind.code.to_owned()));
        self
    }

    /// The finished value.
    #[must_use]
    pub fn build(self) -> Service
    where
        C: Default,
    {
        let plan = &self.plan;
        let doors = plan.doors.iter().map(|door| DoorDescription {
            kind: door.kind,
            port: door.port,
            routes: door.routes.listed(),
            rpcs: door.routes.rpcs(),
            pages: door.routes.pages(),
        });
        let listens = plan.subscriptions.iter().map(|subscription| SubscriptionDescription {
            producer: subscription.producer().to_owned(),
            types: subscription.types().into_iter().map(str::to_owned).collect(),
        });
        let description = Description {
            name: self.name.to_owned(),
            about: self.about.to_owned(),
            doors: doors.collect(),
            promises: plan.promises.iter().map(|event| event.kind.to_owned()).collect(),
            publishes: plan.public.iter().map(|event| event.kind.to_owned()).collect(),
            listens: listens.collect(),
            calls: plan.calls.clone(),
            jobs: plan.jobs.iter().map(|job| job.name.to_owned()).collect(),
            sagas: plan.sagas.iter().flat_map(|saga| saga.outlines.clone()).collect(),
            views: plan.views.iter().map(|view| view.outline().name.to_owned()).collect(),
            processes: plan.processes.iter().map(|plan| *plan.process).collect(),
            evidence: plan.evidence.iter().map(|evidence| evidence.table.to_owned()).collect(),
            schema: plan.migrations.iter().map(|set| set.component.to_owned()).collect(),
            secrets: self.secrets.iter().map(|secret| secret_file(self.name, secret)).collect(),
            problems: self.problems,
        };
        let documented = plan.doors.iter().filter(|door| door.kind.is_documented());
        let undescribed = documented.flat_map(|door| {
            let lacks = door.routes.undescribed().into_iter();
            lacks.map(|lacks| format!("{}, {} door: {lacks}", self.name, door.kind.name()))
        });
        Service {
            description,
            undescribed: undescribed.collect(),
            migrations: self.plan.migrations.clone(),
            told: self.plan.told(),
            secrets: self.secrets,
            launch: Box::new(self.plan),
        }
    }
}

impl<C, S> fmt::Debug for Definition<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Definition({})", self.name)
    }
}
