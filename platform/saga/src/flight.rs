//! One instance, carried on until there is nothing to do for it.

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_db::DbError;
use tradewind_kernel::{Context, Deadline, Id, Principal, SpanKind, TraceContext};
use tradewind_problem::{CONFLICT, DEADLINE_EXCEEDED, Problem};

use crate::definition::{Act, Acting, Errand, Saga};
use crate::fault_points::{ANSWERED, COMMITTED};
use crate::interference::{Meddling, Moment, Point};
use crate::machine::{Answer, Next};
use crate::options::RunnerOptions;
use crate::outline::StepKind;
use crate::reason::{Reason, Setback};
use crate::state::State;
use crate::store::{self, Instance};
use crate::turn::Pass;
use crate::works::{Advance, At, Locally, Stopped, Take, written};

/// Calls whose answer is not written down, by instance: what this life of the runner has tried.
pub(crate) type Tried = Arc<Mutex<BTreeSet<Id>>>;

/// Carries one instance on, under one token.
pub(crate) struct Flight<S, D> {
    pub(crate) saga: Arc<Saga<S, D>>,
    pub(crate) state: Arc<S>,
    pub(crate) options: RunnerOptions,
    pub(crate) pass: Pass,
    pub(crate) tried: Tried,
}

/// One attempt: at what, and under which key.
struct Attempt<'a> {
    instance: &'a Instance,
    context: Context,
    key: String,
    is_undo: bool,
}

/// The key of a step: the same at each attempt, in each life, and in each replica.
pub(crate) fn key(saga: &str, id: Id, step: &str, is_undo: bool) -> String {
    let undo = if is_undo { "/undo" } else { "" };
    format!("{saga}/{id}/{step}{undo}")
}

impl<S, D> Flight<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Goes on until it waits or has ended. Dropping it is safe at any await.
    pub(crate) async fn fly(&self, id: Id) -> Result<(), DbError> {
        let found = store::look(&self.options.db, self.saga.outline.saga, id).await?;
        let mut next = found;
        while let Some(instance) = next.take() {
            next = self.go_on(&instance).await?;
        }
        Ok(())
    }

    /// Does what the instance wants now; `None` when that is nothing.
    async fn go_on(&self, instance: &Instance) -> Result<Option<Instance>, DbError> {
        let (outline, now) = (&self.saga.outline, self.options.clock.now());
        let is_doubtful = self.is_doubtful(instance);
        let attempt = self.attempt(instance);
        match instance.progress.next(outline, now, is_doubtful) {
            Next::Over => Ok(None),
            Next::Rest(_) if instance.progress.due.is_some_and(|due| due <= now) => {
                self.advance(&attempt, Answer::Settled, None).await
            }
            Next::Rest(_) => Ok(None),
            Next::Expire => self.advance(&attempt, Answer::Expired, None).await,
            Next::TurnBack => self.advance(&attempt, Answer::TurnedBack { is_doubtful }, None).await,
            Next::Arm => match self.saga.end_of_wait(instance, now) {
                Some(answer) => self.advance(&attempt, answer, None).await,
                None => Ok(None),
            },
            Next::Take => self.take(&attempt).await,
            Next::Act => self.act(&attempt).await,
        }
    }

    /// Takes the signal that the instance waits for.
    async fn take(&self, attempt: &Attempt<'_>) -> Result<Option<Instance>, DbError> {
        if self.meddles(attempt, Point::Acted) == Meddling::Die {
            return pending().await;
        }
        let take = Take { saga: self.saga.clone(), at: self.at(attempt.instance) };
        match self.options.db.write(&attempt.context, take).await {
            Ok(moved) => self.committed(attempt, moved).await,
            Err(error) if error.is_transient() => Err(error),
            Err(error) => self.advance(attempt, Answer::Unreadable { error: error.to_string() }, None).await,
        }
    }

    /// Whether an attempt at its step may have been carried out although nobody heard of it.
    fn is_doubtful(&self, instance: &Instance) -> bool {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        instance.token != self.pass.token || tried.contains(&instance.id)
    }

    fn attempt<'a>(&self, instance: &'a Instance) -> Attempt<'a> {
        let RunnerOptions { service, entropy, .. } = &self.options;
        let trace = instance.traceparent.parse::<TraceContext>();
        let trace = trace.map_or_else(|()| TraceContext::begin(entropy), |trace| trace.child(entropy));
        let principal = Principal::Service((*service).to_owned());
        let context = Context { principal, trace, correlation: instance.correlation, causation: None };
        let is_undo = instance.progress.state == State::Undoing;
        let outline = &self.saga.outline;
        let key = key(outline.saga, instance.id, outline.name_of(instance.progress.step), is_undo);
        Attempt { instance, context, key, is_undo }
    }

    fn at(&self, instance: &Instance) -> At {
        let (state, step) = (instance.progress.state, instance.progress.step);
        At { id: instance.id, state, step, pass: self.pass.clone() }
    }

    fn meddles(&self, attempt: &Attempt<'_>, point: Point) -> Meddling {
        let step = self.saga.outline.name_of(attempt.instance.progress.step);
        let moment = Moment { step, is_undo: attempt.is_undo, key: &attempt.key, point };
        self.options.interference.as_ref().map_or(Meddling::None, |each| each.at(moment))
    }

    async fn act(&self, attempt: &Attempt<'_>) -> Result<Option<Instance>, DbError> {
        let step = attempt.instance.progress.step;
        let kind = self.saga.outline.steps.get(step).map(|step| step.kind);
        let before = self.meddles(attempt, Point::Before);
        match before {
            Meddling::Die => return pending().await,
            Meddling::Delay(delay) => self.options.clock.sleep(delay).await,
            Meddling::Fail => return self.set_back(attempt, Setback::Failed(on_purpose()), false).await,
            Meddling::Refuse => {
                let refused = Setback::Refused(Problem::new(&CONFLICT).detail("On purpose."));
                return self.set_back(attempt, refused, self.is_doubtful(attempt.instance)).await;
            }
            Meddling::None | Meddling::Repeat => {}
        }
        let is_repeated = before == Meddling::Repeat;
        match (kind, self.saga.acts.get(step)) {
            (Some(StepKind::Call), Some(Act::Call { run, undo, attempt: limit })) => {
                let action = if attempt.is_undo { undo.as_ref().unwrap_or(run) } else { run };
                Box::pin(self.call(attempt, action, *limit, is_repeated)).await
            }
            (Some(StepKind::Local), _) => Box::pin(self.locally(attempt, is_repeated)).await,
            _ => self.advance(attempt, Answer::Done, None).await,
        }
    }

    async fn call(
        &self,
        attempt: &Attempt<'_>,
        action: &Acting<S, D>,
        limit: Duration,
        is_repeated: bool,
    ) -> Result<Option<Instance>, DbError> {
        let id = attempt.instance.id;
        let is_doubtful = self.is_doubtful(attempt.instance);
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        let mut outcome = self.ask(attempt, action, limit).await;
        if is_repeated {
            outcome = self.ask(attempt, action, limit).await;
        }
        ANSWERED.pass();
        match self.meddles(attempt, Point::Acted) {
            Meddling::Die => return pending().await,
            Meddling::Delay(delay) => self.options.clock.sleep(delay).await,
            Meddling::Fail => outcome = Ok(Err(Setback::Failed(on_purpose()))),
            Meddling::None | Meddling::Refuse | Meddling::Repeat => {}
        }
        let moved = match outcome {
            Ok(Ok(data)) => match written(&data) {
                Ok(data) => self.advance(attempt, Answer::Done, Some(data)).await,
                Err(error) => self.advance(attempt, Answer::Unreadable { error }, None).await,
            },
            Ok(Err(setback)) => self.set_back(attempt, setback, is_doubtful).await,
            Err(error) => self.advance(attempt, Answer::Unreadable { error }, None).await,
        }?;
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        Ok(moved)
    }

    /// One attempt at an action, within its time.
    async fn ask(
        &self,
        attempt: &Attempt<'_>,
        action: &Acting<S, D>,
        limit: Duration,
    ) -> Result<Result<D, Setback>, String> {
        let RunnerOptions { clock, spans, .. } = &self.options;
        let instance = attempt.instance;
        let (data, deadline) = (instance.data::<D>()?, Deadline::after(clock, limit));
        let reason = instance.progress.reason.clone().filter(|_| attempt.is_undo);
        let (key, context) = (attempt.key.clone(), attempt.context.clone());
        let cause = instance.traceparent.parse::<TraceContext>().ok().map(|trace| trace.span());
        let mut span = spans.begin(SpanKind::Internal, (&context.trace, cause), context.correlation, clock);
        span.name(format!("saga {}", self.saga.outline.saga));
        span.text("tradewind.saga.step", self.saga.outline.name_of(instance.progress.step));
        span.text("tradewind.saga.id", instance.id.to_string());
        let errand = Errand { id: instance.id, data, key, deadline, context, reason };
        let (state, action) = (self.state.clone(), action.clone());
        let answer = within(AssertUnwindSafe(async move { action(state, errand).await }).catch_unwind());
        let outcome = match clock.timeout(limit, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Setback::Failed(Problem::internal("the action panicked"))),
            Err(_) => Err(Setback::Failed(Problem::new(&DEADLINE_EXCEEDED).operator("no answer in time"))),
        };
        if let Err(setback) = &outcome {
            span.fail(setback.problem().code().to_owned());
        }
        span.end();
        Ok(outcome)
    }

    async fn locally(&self, attempt: &Attempt<'_>, is_repeated: bool) -> Result<Option<Instance>, DbError> {
        let work = |is_rehearsal| Locally {
            saga: self.saga.clone(),
            state: self.state.clone(),
            at: self.at(attempt.instance),
            key: attempt.key.clone(),
            is_rehearsal,
            interference: self.options.interference.clone(),
        };
        if is_repeated {
            drop(self.options.db.write(&attempt.context, work(true)).await);
        }
        match self.options.db.write(&attempt.context, work(false)).await {
            Ok(moved) => self.committed(attempt, moved).await,
            Err(Stopped::Db(error)) if error.is_transient() => Err(error),
            Err(Stopped::Db(error)) => {
                self.set_back(attempt, Setback::Failed(Problem::internal(error)), false).await
            }
            Err(Stopped::Step(setback)) => self.set_back(attempt, setback, false).await,
            Err(Stopped::Unreadable(error)) => {
                self.advance(attempt, Answer::Unreadable { error }, None).await
            }
            Err(Stopped::Died) => pending().await,
        }
    }

    /// The attempt did not succeed. `is_doubtful` when an earlier one may have been carried out unheard.
    async fn set_back(
        &self,
        attempt: &Attempt<'_>,
        setback: Setback,
        is_doubtful: bool,
    ) -> Result<Option<Instance>, DbError> {
        let reason = Reason::from(setback.problem());
        let draw = self.options.entropy.below(1_000);
        let error = setback.problem().to_string();
        self.tell_of(attempt, &setback);
        let answer = match setback {
            Setback::Refused(_) => Answer::Refused { reason, is_doubtful },
            Setback::Failed(_) => Answer::Failed { reason, error, draw },
        };
        self.options.tally.add_failure();
        self.advance(attempt, answer, None).await
    }

    fn tell_of(&self, attempt: &Attempt<'_>, setback: &Setback) {
        let Attempt { instance, is_undo, .. } = attempt;
        let (service, outline) = (self.options.service, &self.saga.outline);
        let (saga, step) = (outline.saga, outline.name_of(instance.progress.step));
        let (id, correlation, attempts) = (instance.id, instance.correlation, instance.progress.attempts + 1);
        let problem = setback.problem();
        match setback {
            Setback::Refused(_) if !is_undo => {
                tracing::info!(service, saga, %id, %correlation, step, %problem, "a step was refused");
            }
            _ => {
                let undo = *is_undo;
                tracing::warn!(
                    service, saga, %id, %correlation, step, undo, attempts, %problem,
                    "a step did not succeed"
                );
            }
        }
    }

    /// Writes down what came of the step.
    async fn advance(
        &self,
        attempt: &Attempt<'_>,
        answer: Answer,
        data: Option<Value>,
    ) -> Result<Option<Instance>, DbError> {
        let advance = Advance { saga: self.saga.clone(), at: self.at(attempt.instance), answer, data };
        let moved = self.options.db.write(&attempt.context, advance).await?;
        self.committed(attempt, moved).await
    }

    /// What is committed is told.
    async fn committed(
        &self,
        attempt: &Attempt<'_>,
        moved: Option<Instance>,
    ) -> Result<Option<Instance>, DbError> {
        COMMITTED.pass();
        match self.meddles(attempt, Point::Committed) {
            Meddling::Die => return pending().await,
            Meddling::Delay(delay) => {
                self.options.clock.sleep(delay).await;
                // Whatever was said meanwhile is in the row.
                return store::look(&self.options.db, self.saga.outline.saga, attempt.instance.id).await;
            }
            Meddling::None | Meddling::Fail | Meddling::Refuse | Meddling::Repeat => {}
        }
        let Some(Instance { saga, id, progress: after, .. }) = &moved else { return Ok(None) };
        let (before, service) = (&attempt.instance.progress, self.options.service);
        if after.is_stuck && !before.is_stuck {
            let (step, error) = (&attempt.instance.step, after.last_error.as_deref().unwrap_or_default());
            tracing::error!(
                service, saga, %id, correlation = %attempt.instance.correlation, step, error,
                "an instance of a saga is stuck; its attempts go on"
            );
        }
        if after.has_ended() {
            self.options.tally.add_end(after.state);
        }
        Ok(moved)
    }
}

fn on_purpose() -> Problem {
    Problem::internal("on purpose")
}

/// Boxed: what the service does shall not make the runner's future large.
fn within<T>(future: impl Future<Output = T> + Send + 'static) -> futures_util::future::BoxFuture<'static, T>
where
    T: Send + 'static,
{
    Box::pin(future)
}
