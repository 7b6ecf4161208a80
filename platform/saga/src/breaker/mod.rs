//! Breaks a saga at each of its steps, in each way that steps break, and looks at what is left.
//!
//! The cases are found from the steps of the definition, so that a new step is broken too: each step fails, is refused,
//! is repeated, is cancelled, and the process ends before and after its commit; each undo fails, is repeated, and the
//! process ends at it. A step for which there is no case, such as a wait whose signal the test does not bring, fails
//! the test. For tests; it needs a runtime with paused time.

mod case;
mod script;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_db::{Db, DbError, Tx, Work};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal, SpanRecorder};

use crate::definition::Saga;
use crate::history::History;
use crate::instances::{Instances, Started};
use crate::interference::Interference;
use crate::machine::{Cancelled, Signalled};
use crate::options::RunnerOptions;
use crate::outline::{Outline, StepKind};
use crate::reason::Reason;
use crate::runner::run;
use crate::state::{State, What};
use crate::tally::Tally;

use case::End;
use case::cases;
pub use case::{Case, Fault};
use script::Script;

/// How long an instance may take, in virtual time and besides the limits of its steps, until it has to have ended.
const LIMIT: Duration = Duration::from_secs(2 * 3600);

/// How soon after a change an instance is looked at again; twice as late each time that nothing has changed.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// The longest time between two looks.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// What one case is played in: made anew for each.
#[derive(Debug)]
pub struct World<S, D> {
    /// The database, with the tables of the saga and the service.
    pub db: Db,
    /// Its clock, which follows the paused time of the runtime.
    pub clock: Clock,
    /// Its randomness.
    pub entropy: Entropy,
    /// The state of the service.
    pub state: Arc<S>,
    /// The instance's data when it begins.
    pub data: D,
}

/// Breaks a saga.
pub struct Breaker<S, D> {
    saga: Arc<Saga<S, D>>,
    signals: BTreeMap<String, Value>,
}

/// Every case of a saga, found from its steps: for those who play them in surroundings of their own.
#[must_use]
pub fn cases_of(outline: &Outline) -> Vec<Case> {
    cases(outline)
}

/// Plays one case in a saga that runs in surroundings of its own, such as a whole fleet.
#[derive(Debug, Clone)]
pub struct Play(Arc<Script>);

impl Play {
    /// To be played once.
    #[must_use]
    pub fn new(case: Case) -> Self {
        Self(Arc::new(Script::new(case)))
    }

    /// What the saga's runner is to be given.
    #[must_use]
    pub fn interference(&self) -> Arc<dyn Interference> {
        self.0.clone()
    }

    /// Whether somebody will have to cancel the instance, within a second of when [`Play::wants_cancelling`] says so.
    #[must_use]
    pub fn may_want_cancelling(&self) -> bool {
        self.0.may_cancel()
    }

    /// Whether somebody has to cancel the instance now.
    #[must_use]
    pub fn wants_cancelling(&self) -> bool {
        self.0.seen().cancels
    }

    /// What is wrong with how it was played, if something is: it never came about, or a step was asked for under two
    /// keys.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let seen = self.0.seen();
        let never = (seen.hits == 0 && self.0.is_of_runner()).then(|| "it never came about".to_owned());
        seen.two_keys.or(never)
    }
}

/// How the cases ended.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Each case, and where its instance ended.
    pub cases: Vec<(Case, State)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cases.iter().try_for_each(|(case, state)| writeln!(f, "{case}: {state:?}"))
    }
}

impl<S, D> Breaker<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Breaks this saga.
    #[must_use]
    pub fn new(saga: Saga<S, D>) -> Self {
        Self { saga: Arc::new(saga), signals: BTreeMap::new() }
    }

    /// Brings this signal when it is waited for.
    #[must_use]
    pub fn signal(mut self, name: &str, payload: Value) -> Self {
        self.signals.insert(name.to_owned(), payload);
        self
    }

    /// Plays every case in a world that `fresh` makes, and asks `check` whether what is left fits how it ended.
    ///
    /// # Errors
    /// The first case that went wrong: one that never came about, an instance that did not end, or not as it has to, a
    /// step that was asked for under two keys, undos in another sequence than the reverse, what `check` says; or a step
    /// without a case.
    pub async fn run(
        &self,
        fresh: impl AsyncFn() -> World<S, D>,
        check: impl AsyncFn(&World<S, D>, &Case, State) -> Result<(), String>,
    ) -> Result<Report, String> {
        self.saga.check().map_err(|error| error.to_string())?;
        let outline = self.saga.outline();
        let mut waits = outline.steps.iter().filter(|step| step.kind == StepKind::Signal);
        if let Some(step) = waits.find(|step| !self.signals.contains_key(step.name)) {
            return Err(format!("there is no case for the step {}: bring its signal", step.name));
        }
        let cases = cases(outline);
        let has_case = |name: &str| cases.iter().any(|case| case.step == name);
        if let Some(step) = outline.steps.iter().find(|step| !has_case(step.name)) {
            return Err(format!("there is no case for the step {}", step.name));
        }
        let mut report = Report::default();
        for case in cases {
            let world = fresh().await;
            let wrong = |message: String| format!("{case}: {message}");
            let state = Box::pin(self.play(&world, &case)).await.map_err(wrong)?;
            check(&world, &case, state).await.map_err(wrong)?;
            report.cases.push((case, state));
        }
        Ok(report)
    }

    async fn play(&self, world: &World<S, D>, case: &Case) -> Result<State, String> {
        let script = Arc::new(Script::new(case.clone()));
        let begun = self.begin(world, case).await.map_err(|error| error.to_string());
        let mut driver = pin!(self.drive(world, begun?, case, &script));
        let mut life = 0;
        let history = loop {
            let options = options(world, &script, life);
            let mut runner = pin!(run(self.saga.clone(), world.state.clone(), options));
            tokio::select! {
                biased;
                ended = driver.as_mut() => break ended?,
                () = script.died.notified() => life += 1,
                () = runner.as_mut() => return Err("the runner ended".to_owned()),
            }
        };
        self.judge(case, &script, &history)?;
        Ok(history.state)
    }

    /// Starts an instance, and brings what comes early.
    async fn begin(&self, world: &World<S, D>, case: &Case) -> Result<Id, DbError> {
        let (instances, id) = (self.saga.instances(), world.entropy.id(&world.clock));
        let data = serde_json::to_value(&world.data);
        let data = data.map_err(|error| DbError::Column { message: error.to_string() })?;
        let early = (case.fault == Fault::SignalEarly).then(|| case.step.clone());
        let signal = early.and_then(|name| self.signals.get(&name).map(|value| (name, value.clone())));
        world.db.write(&context(world), Begin { instances, id, data, signal }).await?;
        Ok(id)
    }

    /// Speaks to the instance until it has ended.
    async fn drive(
        &self,
        world: &World<S, D>,
        id: Id,
        case: &Case,
        script: &Script,
    ) -> Result<History, String> {
        let withins = self.saga.outline().steps.iter().filter_map(|step| step.within);
        let until = world.clock.monotonic() + LIMIT + withins.sum::<Duration>();
        let (mut has_cancelled, mut told, mut seen, mut pause) = (false, Vec::new(), None, FIRST_LOOK);
        loop {
            let found = self.saga.instances().history(&world.db, id).await;
            let history = found.map_err(|error| error.to_string())?.ok_or("the instance is gone")?;
            if matches!(history.state, State::Done | State::Undone) {
                return Ok(history);
            }
            let step = history.step.clone().unwrap_or_default();
            let waits = case.fault == Fault::CancelledWaiting && step == case.step;
            if !has_cancelled && (waits || script.seen().cancels) {
                has_cancelled = true;
                if waits {
                    script.hit();
                }
                self.cancel(world, id).await.map_err(|error| error.to_string())?;
            }
            if history.state == State::Running && !told.contains(&step) {
                self.tell(world, id, case, (&step, script)).await.map_err(|error| error.to_string())?;
                told.push(step);
            }
            if world.clock.monotonic() > until {
                return Err(format!("it has not ended: {history:?}"));
            }
            let now = Some((history.state, history.step));
            pause = if seen == now { (pause * 2).min(LAST_LOOK) } else { FIRST_LOOK };
            seen = now;
            world.clock.timeout(pause, script.cancels.notified()).await.unwrap_or_default();
        }
    }

    async fn cancel(&self, world: &World<S, D>, id: Id) -> Result<Cancelled, DbError> {
        let cancel = Cancel { instances: self.saga.instances(), id };
        world.db.write(&context(world), cancel).await
    }

    /// Brings the signal that the instance waits for.
    async fn tell(
        &self,
        world: &World<S, D>,
        id: Id,
        case: &Case,
        (step, script): (&str, &Script),
    ) -> Result<(), DbError> {
        let Some(value) = self.signals.get(step) else { return Ok(()) };
        let is_meant = case.step == step;
        if is_meant && matches!(case.fault, Fault::SignalNever | Fault::SignalEarly | Fault::SignalTwice) {
            script.hit();
        }
        if is_meant && matches!(case.fault, Fault::SignalNever | Fault::CancelledWaiting) {
            return Ok(());
        }
        let times = if is_meant && case.fault == Fault::SignalTwice { 2 } else { 1 };
        for _ in 0..times {
            let (instances, name, value) = (self.saga.instances(), step.to_owned(), value.clone());
            world.db.write(&context(world), Tell { instances, id, name, value }).await?;
        }
        Ok(())
    }

    fn judge(&self, case: &Case, script: &Script, history: &History) -> Result<(), String> {
        let seen = script.seen();
        if let Some(two) = seen.two_keys {
            return Err(two);
        }
        let is_silent = matches!(case.fault, Fault::None | Fault::SignalEarly);
        if seen.hits == 0 && !is_silent {
            return Err(format!("the case never came about: {history:?}"));
        }
        let ended = if history.state == State::Done { End::Done } else { End::Undone };
        if case.ends.is_some_and(|wanted| wanted != ended) {
            return Err(format!("it ended {:?}: {history:?}", history.state));
        }
        in_reverse(self.saga.outline(), history)
    }
}

/// Whether what was undone was undone in the reverse of the sequence of the steps, each once, and all that was done.
fn in_reverse(outline: &Outline, history: &History) -> Result<(), String> {
    let of = |what: What| -> Vec<&str> {
        let those = history.happened.iter().filter(|happened| happened.what == what);
        those.filter_map(|happened| happened.step.as_deref()).collect()
    };
    let place = |name: &&str| outline.steps.iter().position(|step| step.name == *name);
    let undone = of(What::StepUndone);
    if !undone.is_sorted_by(|one, next| place(one) > place(next)) {
        return Err(format!("undone in this sequence: {undone:?}"));
    }
    let can_be_undone = |name: &&str| place(name).is_some_and(|at| outline.steps[at].has_undo);
    let done = of(What::StepDone).into_iter().filter(can_be_undone);
    let left: Vec<&str> = done.filter(|name| !undone.contains(name)).collect();
    match history.state {
        State::Undone if !left.is_empty() => Err(format!("done and not undone: {left:?}")),
        State::Done if !undone.is_empty() => Err(format!("undone, and then done all the same: {undone:?}")),
        _ => Ok(()),
    }
}

fn context<S, D>(world: &World<S, D>) -> Context {
    Context::begin(Principal::Anonymous, &world.clock, &world.entropy)
}

/// Each life is a replica of its own, which waits for the turn of the one before.
fn options<S, D>(world: &World<S, D>, script: &Arc<Script>, life: u32) -> RunnerOptions {
    RunnerOptions {
        service: "breaker",
        holder: format!("breaker/{life}"),
        db: world.db.clone(),
        clock: world.clock.clone(),
        entropy: world.entropy.fork("runner"),
        tally: Arc::new(Tally::default()),
        spans: SpanRecorder::default(),
        interference: Some(script.clone()),
    }
}

struct Begin<D> {
    instances: Instances<D>,
    id: Id,
    data: Value,
    signal: Option<(String, Value)>,
}

impl<D: Serialize + DeserializeOwned + Send + Sync + 'static> Work for Begin<D> {
    type Output = Started;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Started, DbError> {
        let data = D::deserialize(&self.data);
        let data = data.map_err(|error| DbError::Column { message: error.to_string() })?;
        let started = self.instances.start(tx, self.id, &data).await?;
        if let Some((name, value)) = &self.signal {
            self.instances.signal(tx, self.id, name, value).await?;
        }
        Ok(started)
    }
}

struct Cancel<D> {
    instances: Instances<D>,
    id: Id,
}

impl<D: Serialize + Send + Sync + 'static> Work for Cancel<D> {
    type Output = Cancelled;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Cancelled, DbError> {
        self.instances.cancel(tx, self.id, Reason::new("called-off")).await
    }
}

struct Tell<D> {
    instances: Instances<D>,
    id: Id,
    name: String,
    value: Value,
}

impl<D: Serialize + Send + Sync + 'static> Work for Tell<D> {
    type Output = Signalled;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Signalled, DbError> {
        self.instances.signal(tx, self.id, &self.name, &self.value).await
    }
}

impl<S, D> fmt::Debug for Breaker<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("saga", &self.saga).finish_non_exhaustive()
    }
}
