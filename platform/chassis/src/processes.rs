//! The processes of a service behind its internal door: its sagas, and what it waits for too long in processes that it
//! owns and nobody leads.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, Sql, params};
use tradewind_events::MAX_CORRELATIONS;
use tradewind_kernel::{Clock, Id, Timestamp};
use tradewind_lineage::Process;
use tradewind_problem::{INVALID_PARAMETER, NOT_FOUND, Problem};
use tradewind_saga::{History, Instances, UnderWay};

use crate::http::{Call, Reply, Routes, operation};
use crate::instance::{Environment, Repeater};
use crate::metrics::{Gauge, GaugeFamily, Labels, Metrics};
use crate::sagas::SagaPlan;

/// The most processes of one kind in one answer.
const MAX_PAGE: u16 = 1_000;

/// The most instances of one saga that are shown with their history.
const MAX_HISTORIES: u16 = 100;

/// How often processes that are late are counted.
const COUNT_EVERY: Duration = Duration::from_secs(30);

/// A process that others carry on, and how to find those that wait too long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessPlan {
    pub(crate) process: &'static Process,
    /// Id and time of those that began up to `$1` and are not past their limits, oldest first, up to `$2`.
    pub(crate) late: &'static Sql,
}

impl ProcessPlan {
    /// The longest that a step may take.
    fn within(&self) -> Duration {
        self.process.steps.iter().filter_map(|step| step.within).max().unwrap_or(Duration::MAX)
    }

    async fn late(&self, db: &Db, now: Timestamp, limit: u16) -> Result<Vec<(Id, Timestamp)>, DbError> {
        let micros = i64::try_from(self.within().as_micros()).unwrap_or(i64::MAX);
        let until = Timestamp::from_micros(now.as_micros().saturating_sub(micros));
        db.query(self.late, params![until, limit]).await
    }
}

/// A process that has not ended, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessSummary {
    /// The saga or the process that it is one of.
    pub process: String,
    /// Which one.
    pub id: Id,
    /// `running` or `undoing` for a saga, `waiting` for a process that nobody leads.
    pub state: String,
    /// The step that is being done or undone; none where nobody leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Failed attempts at that step.
    pub attempts: u32,
    /// Whether it does not get on: attempts have failed for a while, a signal has not come, or its time is over.
    pub is_stuck: bool,
    /// What the last failed attempt said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When something last happened to it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Timestamp>,
}

/// The processes of a service that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessPage {
    /// Instances of sagas that have not ended.
    pub under_way: i64,
    /// Sagas that are stuck, and up to 1,000 processes that are late.
    pub stuck: i64,
    /// Those that are stuck first, then whoever moved last longest ago.
    pub processes: Vec<ProcessSummary>,
}

impl From<UnderWay> for ProcessSummary {
    fn from(saga: UnderWay) -> Self {
        Self {
            process: saga.saga,
            id: saga.id,
            state: saga.state.name().to_owned(),
            step: Some(saga.step),
            attempts: saga.attempts,
            is_stuck: saga.is_stuck,
            last_error: saga.last_error,
            began: saga.started_at,
            moved: Some(saga.moved_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PageQuery {
    /// Only those that are stuck.
    #[serde(default)]
    stuck: bool,
    /// The most of each saga and process that are wanted.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    /// Up to eight ids, with commas between them.
    #[schemars(example = &"01980000-0000-7000-8000-00000000000a")]
    correlation: String,
}

/// What a service knows of its processes.
#[derive(Clone)]
pub(crate) struct Processes {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) sagas: Arc<[Instances<()>]>,
    pub(crate) owned: Arc<[ProcessPlan]>,
}

impl Processes {
    pub(crate) fn of<S>(sagas: &[SagaPlan<S>], owned: Vec<ProcessPlan>, environment: &Environment) -> Self {
        let (db, clock) = (environment.db.clone(), environment.clock.clone());
        let sagas = sagas.iter().map(|saga| Instances::of(saga.outlines.clone())).collect();
        Self { db, clock, sagas, owned: owned.into() }
    }

    /// Routes by which processes are looked at; none, where there are no processes.
    pub(crate) fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        if self.sagas.is_empty() && self.owned.is_empty() {
            return routes;
        }
        let [showing, telling] = [(); 2].map(|()| self.clone());
        routes
            .get("/processes", move |_, call| list(self.clone(), call))
            .describe(
                operation("List processes that have not ended")
                    .query::<PageQuery>()
                    .answers::<ProcessPage>(200),
            )
            .get("/processes/history", move |_, call| histories(telling.clone(), call))
            .describe(
                operation("Show the sagas that belong to processes, ended ones too")
                    .query::<HistoryQuery>()
                    .answers::<Vec<History>>(200),
            )
            .get("/processes/{process}/{id}", move |_, call| show(showing.clone(), call))
            .describe(
                operation("Show what happened in a saga, what remains, and what an undo would do")
                    .parameter::<String>("process")
                    .parameter::<Id>("id")
                    .answers::<History>(200),
            )
    }

    async fn page(&self, only_stuck: bool, limit: u16) -> Result<ProcessPage, DbError> {
        let mut page = ProcessPage { under_way: 0, stuck: 0, processes: Vec::new() };
        for saga in self.sagas.iter() {
            let (under_way, stuck) = saga.count(&self.db).await?;
            page.under_way += under_way;
            page.stuck += stuck;
            let found = saga.under_way(&self.db, only_stuck, limit).await?;
            page.processes.extend(found.into_iter().map(ProcessSummary::from));
        }
        for plan in self.owned.iter() {
            let late = plan.late(&self.db, self.clock.now(), MAX_PAGE).await?;
            page.stuck += i64::try_from(late.len()).unwrap_or(i64::MAX);
            let shown = late.into_iter().take(limit.into()).map(|(id, began)| ProcessSummary {
                process: plan.process.name.to_owned(),
                id,
                state: "waiting".to_owned(),
                step: None,
                attempts: 0,
                is_stuck: true,
                last_error: None,
                began,
                moved: None,
            });
            page.processes.extend(shown);
        }
        page.processes.sort_by_key(|one| (!one.is_stuck, one.moved.unwrap_or(one.began), one.id));
        Ok(page)
    }

    /// Counts what is late, now and then, where there are processes that may be.
    pub(crate) fn counted(self, metrics: &Metrics) -> Option<Repeater> {
        if self.owned.is_empty() {
            return None;
        }
        let late: GaugeFamily<OfProcess> = metrics.gauge_family(
            "process_late",
            "Processes that are past the time in which they were to be decided, 1,000 at most",
        );
        let gauge = |plan: &ProcessPlan| (*plan, late.get(&OfProcess(plan.process.name)));
        let gauges: Arc<[(ProcessPlan, Gauge)]> = self.owned.iter().map(gauge).collect();
        let run = move || -> tradewind_client::BoxFuture<'static, Duration> {
            let (gauges, db, clock) = (gauges.clone(), self.db.clone(), self.clock.clone());
            Box::pin(async move {
                for (plan, gauge) in gauges.iter() {
                    match plan.late(&db, clock.now(), MAX_PAGE).await {
                        Ok(late) => gauge.set(i64::try_from(late.len()).unwrap_or(i64::MAX)),
                        Err(error) => tracing::warn!(%error, "late processes could not be counted"),
                    }
                }
                COUNT_EVERY
            })
        };
        Some(Repeater { name: "count-late-processes", first: COUNT_EVERY, run: Box::new(run) })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OfProcess(&'static str);

impl Labels for OfProcess {
    fn names() -> &'static [&'static str] {
        &["process"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.0.into()]
    }
}

/// Why the processes of a service cannot be what they say, if they cannot.
pub(crate) fn refusal(plans: &[ProcessPlan]) -> Option<String> {
    plans.iter().find_map(|plan| plan.process.wrong())
}

async fn list(processes: Processes, call: Call) -> Result<Reply, Problem> {
    let PageQuery { stuck, limit } = call.query()?;
    let limit = limit.unwrap_or(100);
    if !(1..=MAX_PAGE).contains(&limit) {
        let problem = Problem::new(&INVALID_PARAMETER).detail("The processes cannot be given.");
        return Err(problem.error("limit", format!("ask for 1 to {MAX_PAGE} processes")));
    }
    Reply::ok(&processes.page(stuck, limit).await?)
}

async fn histories(processes: Processes, call: Call) -> Result<Reply, Problem> {
    let HistoryQuery { correlation } = call.query()?;
    let wrong = |why: String| {
        Problem::new(&INVALID_PARAMETER).detail("Nothing belongs to this.").error("correlation", why)
    };
    let ids = correlation.split(',').map(str::parse).collect::<Result<Vec<Id>, _>>();
    let ids = ids.map_err(|error| wrong(error.to_string()))?;
    if ids.len() > MAX_CORRELATIONS {
        return Err(wrong(format!("ask for {MAX_CORRELATIONS} at most")));
    }
    let mut found = Vec::new();
    for saga in processes.sagas.iter() {
        found.extend(saga.of_processes(&processes.db, &ids, MAX_HISTORIES).await?);
    }
    Reply::ok(&found)
}

async fn show(processes: Processes, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let (name, id): (String, Id) = (call.parameter("process")?, call.parameter("id")?);
    let saga = processes.sagas.iter().find(|saga| saga.name() == name);
    let unknown = || Problem::new(&NOT_FOUND).detail("The service has no saga of this name with this id.");
    let history = saga.ok_or_else(unknown)?.history(&processes.db, id).await?;
    Reply::ok(&history.ok_or_else(unknown)?)
}
