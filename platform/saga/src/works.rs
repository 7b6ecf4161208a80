//! What is written of an instance that goes on, each time under the token of the turn.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};
use tradewind_problem::Problem;

use crate::definition::{Act, Chore, Saga};
use crate::fault_points::WORKED;
use crate::interference::{Interference, Meddling, Moment, Point};
use crate::machine::Answer;
use crate::reason::{Reason, Setback};
use crate::state::State;
use crate::store::{self, Instance};
use crate::turn::Pass;

/// Which instance is meant, where it was when it was looked at, and under which token it is written.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) id: Id,
    pub(crate) state: State,
    pub(crate) step: usize,
    pub(crate) pass: Pass,
}

impl At {
    /// Reads the instance under the token; `None` when it is no longer there.
    async fn read(&self, tx: &mut Tx, saga: &str) -> Result<(Option<Instance>, bool), DbError> {
        self.pass.check(tx).await?;
        let instance = store::find(tx, saga, self.id).await?;
        let is_there = instance.as_ref().is_some_and(|instance| {
            (instance.progress.state, instance.progress.step) == (self.state, self.step)
        });
        Ok((instance, is_there))
    }
}

/// Goes on by what came of a step.
pub(crate) struct Advance<S, D> {
    pub(crate) saga: Arc<Saga<S, D>>,
    pub(crate) at: At,
    pub(crate) answer: Answer,
    /// The data afterwards, if they are others.
    pub(crate) data: Option<Value>,
}

impl<S, D> Work for Advance<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Output = Option<Instance>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Instance>, DbError> {
        let outline = &self.saga.outline;
        let (Some(mut instance), true) = self.at.read(tx, outline.saga).await? else { return Ok(None) };
        if let Some(data) = &self.data {
            instance.data = data.clone();
        }
        let told = instance.progress.apply(outline, self.answer.clone(), tx.now());
        self.saga.arm(&mut instance, tx.now());
        instance.token = self.at.pass.token;
        store::save(tx, Some(outline), &mut instance, told).await?;
        Ok(Some(instance))
    }
}

/// Takes the signal that an instance waits for.
pub(crate) struct Take<S, D> {
    pub(crate) saga: Arc<Saga<S, D>>,
    pub(crate) at: At,
}

impl<S, D> Work for Take<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Output = Option<Instance>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Instance>, DbError> {
        let outline = &self.saga.outline;
        let (Some(mut instance), true) = self.at.read(tx, outline.saga).await? else { return Ok(None) };
        let Some(answer) = self.saga.take(&mut instance) else { return Ok(Some(instance)) };
        let told = instance.progress.apply(outline, answer, tx.now());
        self.saga.arm(&mut instance, tx.now());
        instance.token = self.at.pass.token;
        store::save(tx, Some(outline), &mut instance, told).await?;
        Ok(Some(instance))
    }
}

/// Does a local step, or its undo, and goes on.
pub(crate) struct Locally<S, D> {
    pub(crate) saga: Arc<Saga<S, D>>,
    pub(crate) state: Arc<S>,
    pub(crate) at: At,
    pub(crate) key: String,
    /// Whether it is rolled back in any case, as a transaction is that runs again.
    pub(crate) is_rehearsal: bool,
    pub(crate) interference: Option<Arc<dyn Interference>>,
}

/// Why a local step was rolled back.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The database failed, which is not the step's fault.
    Db(DbError),
    /// The step did not succeed.
    Step(Setback),
    /// Its data cannot be read.
    Unreadable(String),
    /// A test ends the process here.
    Died,
}

impl From<DbError> for Stopped {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl<S, D> Locally<S, D> {
    fn meddling(&self) -> Meddling {
        let step = self.saga.outline.name_of(self.at.step);
        let is_undo = self.at.state == State::Undoing;
        let moment = Moment { step, is_undo, key: &self.key, point: Point::Acted };
        self.interference.as_ref().map_or(Meddling::None, |interference| interference.at(moment))
    }
}

impl<S, D> Work for Locally<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Output = Option<Instance>;
    type Error = Stopped;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Instance>, Stopped> {
        let outline = &self.saga.outline;
        let (Some(mut instance), true) = self.at.read(tx, outline.saga).await? else { return Ok(None) };
        let is_undo = self.at.state == State::Undoing;
        if instance.progress.is_cancelled && !is_undo && !outline.is_past_pivot(self.at.step) {
            // It was cancelled since it was looked at.
            return Ok(Some(instance));
        }
        let Some(Act::Local { run, undo }) = self.saga.acts.get(self.at.step) else { return Ok(None) };
        let work = if is_undo { undo.as_ref().unwrap_or(run) } else { run };
        let data = instance.data::<D>().map_err(Stopped::Unreadable)?;
        let reason = instance.progress.reason.clone().filter(|_| is_undo);
        let done = work(&self.state, Chore { id: instance.id, data, reason }, tx).await;
        if let Some(lost) = tx.failure().filter(|lost| lost.is_transient()) {
            return Err(Stopped::Db(lost.clone()));
        }
        let data = done.map_err(|problem| Stopped::Step(problem.into()))?;
        WORKED.pass();
        if self.is_rehearsal {
            return Err(Stopped::Died);
        }
        match self.meddling() {
            Meddling::Die => return Err(Stopped::Died),
            Meddling::Fail => return Err(Stopped::Step(Setback::Failed(Problem::internal("on purpose")))),
            Meddling::None | Meddling::Delay(_) | Meddling::Refuse | Meddling::Repeat => {}
        }
        instance.data = written(&data).map_err(Stopped::Unreadable)?;
        let told = instance.progress.apply(outline, Answer::Done, tx.now());
        self.saga.arm(&mut instance, tx.now());
        instance.token = self.at.pass.token;
        store::save(tx, Some(outline), &mut instance, told).await?;
        Ok(Some(instance))
    }
}

/// Removes instances that ended long ago, up to a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prune {
    pub(crate) saga: &'static str,
    pub(crate) before: Timestamp,
    pub(crate) limit: u32,
}

impl Work for Prune {
    type Output = u64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<u64, DbError> {
        store::prune(tx, self.saga, self.before, self.limit).await
    }
}

/// Data as they are kept.
pub(crate) fn written<D: Serialize>(data: &D) -> Result<Value, String> {
    serde_json::to_value(data).map_err(|error| format!("the data cannot be written: {error}"))
}

impl Instance {
    /// The data, as the definition knows them.
    pub(crate) fn data<D: DeserializeOwned>(&self) -> Result<D, String> {
        // What serde says of a wrong value may show it, and data may be personal.
        D::deserialize(&self.data).map_err(|_| "the data are not those of this definition".to_owned())
    }
}

impl<S, D: Serialize + DeserializeOwned> Saga<S, D> {
    /// Works out when a wait for a time ends, as soon as the instance comes to it.
    fn arm(&self, instance: &mut Instance, now: Timestamp) {
        let progress = &instance.progress;
        if progress.state != State::Running || progress.deadline.is_some() {
            return;
        }
        if let Some(answer) = self.end_of_wait(instance, now) {
            drop(instance.progress.apply(&self.outline, answer, now));
        }
    }

    /// When the wait ends at which the instance stands, if it stands at one for a time.
    pub(crate) fn end_of_wait(&self, instance: &Instance, now: Timestamp) -> Option<Answer> {
        let Some(Act::Time(until)) = self.acts.get(instance.progress.step) else { return None };
        Some(match instance.data::<D>() {
            Ok(data) => Answer::Armed(until(&data, now)),
            Err(error) => Answer::Unreadable { error },
        })
    }

    /// Takes what a signal brought into the data.
    fn take(&self, instance: &mut Instance) -> Option<Answer> {
        let name = self.outline.name_of(instance.progress.step);
        let Some(Act::Signal(take)) = self.acts.get(instance.progress.step) else { return None };
        let value = instance.progress.signals.get(name).cloned()?;
        let mut data = match instance.data::<D>() {
            Ok(data) => data,
            Err(error) => return Some(Answer::Unreadable { error }),
        };
        Some(match take(&mut data, value).map_err(Setback::from) {
            Ok(()) => match written(&data) {
                Ok(data) => {
                    instance.data = data;
                    Answer::Done
                }
                Err(error) => Answer::Unreadable { error },
            },
            Err(Setback::Refused(problem)) => {
                Answer::Refused { reason: Reason::from(&problem), is_doubtful: false }
            }
            Err(Setback::Failed(problem)) => Answer::Unreadable { error: problem.to_string() },
        })
    }
}
