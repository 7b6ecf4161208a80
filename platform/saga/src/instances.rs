//! Starting instances, speaking to them, and looking at them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tradewind_db::{Db, DbError, Tx};
use tradewind_kernel::Id;

use crate::history::{History, UnderWay};
use crate::machine::{Cancelled, Progress, Signalled, Told};
use crate::outline::Outline;
use crate::reason::Reason;
use crate::store::{self, Instance};

/// What came of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It begins with the commit.
    New,
    /// There was one of this id already; it keeps its data.
    Before,
}

/// The instances of a saga. Cloning is cheap.
///
/// What is written here is part of the caller's transaction, and happens with its commit or not at all.
pub struct Instances<D> {
    /// Each with its shape; the newest version first.
    outlines: Arc<[(Outline, String)]>,
    data: PhantomData<fn(D)>,
}

impl<D> Clone for Instances<D> {
    fn clone(&self) -> Self {
        Self { outlines: self.outlines.clone(), data: PhantomData }
    }
}

impl<D> fmt::Debug for Instances<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instances({})", self.name())
    }
}

impl<D> Instances<D> {
    /// The name of the saga.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.outlines.first().map_or("", |(outline, _)| outline.saga)
    }
}

impl Instances<()> {
    /// The instances of the saga with these outlines, the newest version first, for those who only look: the data are
    /// not needed for that.
    #[must_use]
    pub fn of(outlines: Vec<Outline>) -> Self {
        Self::new(outlines)
    }
}

impl<D: Serialize> Instances<D> {
    pub(crate) fn new(outlines: Vec<Outline>) -> Self {
        let with_shapes = outlines.into_iter().map(|outline| {
            let shape = outline.shape();
            (outline, shape)
        });
        Self { outlines: with_shapes.collect(), data: PhantomData }
    }

    /// Starts an instance with the newest definition, unless there is one of this `id`.
    ///
    /// It belongs to the process and the trace of the transaction's context.
    ///
    /// # Errors
    /// Any failure of the database, and data that cannot be written as JSON; the transaction is lost then.
    pub async fn start(&self, tx: &mut Tx, id: Id, data: &D) -> Result<Started, DbError> {
        let Some((outline, shape)) = self.outlines.first() else {
            return Err(DbError::Column { message: "a saga without a definition".to_owned() });
        };
        let data = serde_json::to_value(data);
        let data = data.map_err(|error| DbError::Column { message: format!("{}: {error}", outline.saga) })?;
        let progress = Progress::begin(outline, tx.now());
        let is_new = store::start(tx, (outline, shape), id, &data, &progress).await?;
        Ok(if is_new { Started::New } else { Started::Before })
    }

    /// Asks an instance to turn back. Whether it still could is decided by its steps, see [`Cancelled`].
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn cancel(&self, tx: &mut Tx, id: Id, reason: Reason) -> Result<Cancelled, DbError> {
        let now = tx.now();
        let said = |progress: &mut Progress, outline: Option<&Outline>| {
            progress.cancel(outline, reason.clone(), now)
        };
        let is_news = |cancelled: &Cancelled| *cancelled == Cancelled::Asked;
        Ok(self.say(tx, id, said, is_news).await?.unwrap_or(Cancelled::Unknown))
    }

    /// Brings the signal that the step called `name` waits for, or will. The first one counts.
    ///
    /// # Errors
    /// Any failure of the database, and a payload that cannot be written as JSON; the transaction is lost then.
    pub async fn signal<P: Serialize + Sync>(
        &self,
        tx: &mut Tx,
        id: Id,
        name: &str,
        payload: &P,
    ) -> Result<Signalled, DbError> {
        let value: Value = serde_json::to_value(payload)
            .map_err(|error| DbError::Column { message: format!("the signal {name}: {error}") })?;
        let now = tx.now();
        let said = |progress: &mut Progress, outline: Option<&Outline>| {
            progress.signal(outline, (name, value.clone()), now)
        };
        let is_news = |signalled: &Signalled| *signalled == Signalled::Kept;
        Ok(self.say(tx, id, said, is_news).await?.unwrap_or(Signalled::Unknown))
    }

    /// Changes an instance by what is said to it; `None` when it is not there. Its definition need not be: in the
    /// middle of a rollout another replica has it.
    async fn say<T: Send>(
        &self,
        tx: &mut Tx,
        id: Id,
        said: impl Fn(&mut Progress, Option<&Outline>) -> (T, Told) + Send,
        is_news: impl Fn(&T) -> bool + Send,
    ) -> Result<Option<T>, DbError> {
        let Some(mut instance) = store::find(tx, self.name(), id).await? else { return Ok(None) };
        let outline = self.outline_of(&instance);
        let (answer, told) = said(&mut instance.progress, outline);
        if is_news(&answer) {
            store::save(tx, outline, &mut instance, told).await?;
            tx.signal_key(store::TOPIC, self.name().to_owned());
        }
        Ok(Some(answer))
    }

    fn outline_of(&self, instance: &Instance) -> Option<&Outline> {
        let fits = |(outline, shape): &&(Outline, String)| instance.fits(outline, shape);
        self.outlines.iter().find(fits).map(|(outline, _)| outline)
    }

    /// What happened to an instance, what remains, and what an undo would do; `None` when there is none of this id.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn history(&self, db: &Db, id: Id) -> Result<Option<History>, DbError> {
        let Some(instance) = store::look(db, self.name(), id).await? else { return Ok(None) };
        let happened = store::happened(db, self.name(), id).await?;
        let outline = self.outline_of(&instance);
        let Instance { saga, id, version, progress, step, correlation, started_at, ended_at, .. } = instance;
        let names = |steps: Vec<&'static str>| steps.into_iter().map(str::to_owned).collect();
        let remains = outline.map(|o| names(progress.remains(o).iter().map(|step| step.name).collect()));
        let would_undo = outline.map(|outline| names(progress.would_undo(outline)));
        Ok(Some(History {
            saga,
            version,
            id,
            correlation,
            state: progress.state,
            step: Some(step).filter(|_| !progress.has_ended()),
            attempts: progress.attempts,
            is_stuck: progress.is_stuck,
            reason: progress.reason,
            last_error: progress.last_error,
            due: progress.due,
            deadline: progress.deadline,
            started_at,
            ended_at,
            happened,
            remains,
            would_undo,
        }))
    }

    /// Instances that have not ended, up to `limit`: those that are stuck first, and of each the one that moved last
    /// longest ago.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn under_way(&self, db: &Db, only_stuck: bool, limit: u16) -> Result<Vec<UnderWay>, DbError> {
        store::under_way(db, self.name(), only_stuck, limit).await
    }

    /// The histories of the instances, ended ones too, that belong to these processes: up to eight are looked for, and
    /// up to `limit` instances are given, oldest first.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn of_processes(
        &self,
        db: &Db,
        correlations: &[Id],
        limit: u16,
    ) -> Result<Vec<History>, DbError> {
        let mut found = Vec::new();
        for id in store::of_processes(db, self.name(), correlations, limit).await? {
            found.extend(self.history(db, id).await?);
        }
        Ok(found)
    }

    /// How many instances have not ended, and how many of them are stuck.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn count(&self, db: &Db) -> Result<(i64, i64), DbError> {
        store::count(db, self.name()).await
    }

    /// Instances that are stuck, up to `limit`, longest first.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn stuck(&self, db: &Db, limit: u16) -> Result<Vec<Id>, DbError> {
        store::stuck(db, self.name(), limit).await
    }

    /// Instances under way whose definition is not there: version, shape of its steps, and how many.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn stranded(&self, db: &Db) -> Result<Vec<(u32, String, i64)>, DbError> {
        let live = store::live(db, self.name()).await?;
        let is_there = |version: u32, shape: &str| {
            self.outlines.iter().any(|(outline, known)| outline.version == version && known == shape)
        };
        Ok(live.into_iter().filter(|(version, shape, _)| !is_there(*version, shape)).collect())
    }
}
