//! Definitions as values: steps in order, each beside its undo.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Context, Deadline, Id, Timestamp};
use tradewind_problem::Problem;

use crate::carried::Carried;
use crate::instances::Instances;
use crate::outline::{Outline, StepKind, StepOutline, WrongDefinition};
use crate::reason::{Reason, Setback};

/// How long a step is tried when nothing else is said.
const WITHIN: Duration = Duration::from_secs(60);

/// How long one attempt at a call may take when nothing else is said.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Instances that are carried on at the same time when nothing else is said.
const AT_ONCE: usize = 32;

/// How long what has ended is kept when nothing else is said.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a call, or the undo of one, is given.
#[derive(Debug)]
pub struct Errand<D> {
    /// The instance.
    pub id: Id,
    /// Its data.
    pub data: D,
    /// The same at each attempt, and another for each step and for its undo: to be sent as the `Idempotency-Key`.
    pub key: String,
    /// Until when the attempt is waited for.
    pub deadline: Deadline,
    /// What the call belongs to: its process, and a trace that goes on with the one in which the instance began.
    pub context: Context,
    /// Why it is undone; `None` on the way forward.
    pub reason: Option<Reason>,
}

/// What a local step, or the undo of one, is given. The transaction has the time and the context.
#[derive(Debug)]
pub struct Chore<D> {
    /// The instance.
    pub id: Id,
    /// Its data.
    pub data: D,
    /// Why it is undone; `None` on the way forward.
    pub reason: Option<Reason>,
}

pub(crate) type Acting<S, D> =
    Arc<dyn Fn(Arc<S>, Errand<D>) -> BoxFuture<'static, Result<D, Setback>> + Send + Sync>;

/// Work within the saga's transaction.
pub(crate) type Working<S, D> =
    Arc<dyn for<'a> Fn(&'a S, Chore<D>, &'a mut Tx) -> BoxFuture<'a, Result<D, Problem>> + Send + Sync>;

/// Takes what a signal brought into the data.
pub(crate) type Taking<D> = Arc<dyn Fn(&mut D, Value) -> Result<(), Problem> + Send + Sync>;

/// Gives the end of a wait.
pub(crate) type Ending<D> = Arc<dyn Fn(&D, Timestamp) -> Timestamp + Send + Sync>;

/// What a step does.
pub(crate) enum Act<S, D> {
    Call { run: Acting<S, D>, undo: Option<Acting<S, D>>, attempt: Duration },
    Local { run: Working<S, D>, undo: Option<Working<S, D>> },
    Signal(Taking<D>),
    Time(Ending<D>),
}

/// A step that acts outside of any transaction, such as by calling a peer.
///
/// The action answers with the data as they are afterwards. It may run several times, also when an earlier run was
/// carried out and nobody heard of it: whoever it asks must know it by [`Errand::key`]. Its undo may run although the
/// action never was carried out, and several times. A request that is given up may still arrive: whoever undoes must
/// therefore remember the key, and do nothing when the request comes after its undo.
pub struct Call<S, D> {
    outline: StepOutline,
    run: Acting<S, D>,
    undo: Option<Acting<S, D>>,
    attempt: Duration,
}

impl<S, D> Call<S, D> {
    /// A step called `name`.
    #[must_use]
    pub fn new<F, R>(name: &'static str, action: F) -> Self
    where
        F: Fn(Arc<S>, Errand<D>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<D, Setback>> + Send + 'static,
    {
        let outline = outline(name, StepKind::Call, Some(WITHIN));
        Self { outline, run: acting(action), undo: None, attempt: ATTEMPT }
    }

    /// What takes it back. It is tried until it succeeds.
    #[must_use]
    pub fn undo<F, R>(mut self, action: F) -> Self
    where
        F: Fn(Arc<S>, Errand<D>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<D, Setback>> + Send + 'static,
    {
        (self.undo, self.outline.has_undo) = (Some(acting(action)), true);
        self
    }

    /// Makes it the pivot: once it is done nothing is undone. Without an undo of its own it is tried until it is
    /// known whether it was done; its deadline means nothing then.
    #[must_use]
    pub fn pivot(mut self) -> Self {
        self.outline.is_pivot = true;
        self
    }

    /// How long it is tried before it is given up, and what was done so far undone; usually 60 seconds. Behind the
    /// pivot it is tried until it succeeds.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.outline.within = Some(limit);
        self
    }

    /// How long one attempt, at the action or at the undo, is waited for; usually 10 seconds.
    #[must_use]
    pub fn attempt(mut self, limit: Duration) -> Self {
        self.attempt = limit;
        self
    }
}

fn acting<S, D, F, R>(action: F) -> Acting<S, D>
where
    F: Fn(Arc<S>, Errand<D>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<D, Setback>> + Send + 'static,
{
    Arc::new(move |state, errand| Box::pin(action(state, errand)))
}

fn outline(name: &'static str, kind: StepKind, within: Option<Duration>) -> StepOutline {
    StepOutline { name, kind, has_undo: false, is_pivot: false, within }
}

/// A step that is work within the transaction which moves the saga on: what it writes and announces is committed
/// with that, once.
///
/// The work answers with the data as they are afterwards. What it refuses with is sorted as [`Setback`] says; nothing
/// of what it wrote is kept then.
pub struct Local<S, D> {
    outline: StepOutline,
    run: Working<S, D>,
    undo: Option<Working<S, D>>,
}

impl<S: Sync + 'static, D: Send + 'static> Local<S, D> {
    /// A step called `name`.
    #[must_use]
    pub fn new<F, W>(name: &'static str, work: F) -> Self
    where
        F: Fn(&S, Chore<D>) -> W + Send + Sync + 'static,
        W: Work<Output = D>,
        W::Error: Into<Problem>,
    {
        Self { outline: outline(name, StepKind::Local, Some(WITHIN)), run: working(work), undo: None }
    }

    /// What takes it back, in a transaction of its own.
    #[must_use]
    pub fn undo<F, W>(mut self, work: F) -> Self
    where
        F: Fn(&S, Chore<D>) -> W + Send + Sync + 'static,
        W: Work<Output = D>,
        W::Error: Into<Problem>,
    {
        (self.undo, self.outline.has_undo) = (Some(working(work)), true);
        self
    }

    /// Makes it the pivot: once it is done nothing is undone.
    #[must_use]
    pub fn pivot(mut self) -> Self {
        self.outline.is_pivot = true;
        self
    }

    /// How long it is tried before it is given up; usually 60 seconds. An outage of the database does not count.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.outline.within = Some(limit);
        self
    }
}

fn working<S, D, F, W>(work: F) -> Working<S, D>
where
    S: Sync + 'static,
    D: Send + 'static,
    F: Fn(&S, Chore<D>) -> W + Send + Sync + 'static,
    W: Work<Output = D>,
    W::Error: Into<Problem>,
{
    hinted(move |state, chore, tx| {
        let work = work(state, chore);
        Box::pin(async move { work.run(tx).await.map_err(Into::into) })
    })
}

/// Says to the compiler for how long what a closure gives is borrowed.
fn hinted<S, D, F>(work: F) -> Working<S, D>
where
    F: for<'a> Fn(&'a S, Chore<D>, &'a mut Tx) -> BoxFuture<'a, Result<D, Problem>> + Send + Sync + 'static,
{
    Arc::new(work)
}

/// A step that waits.
pub struct Wait<D> {
    outline: StepOutline,
    until: Until<D>,
}

enum Until<D> {
    Signal(Taking<D>),
    Time(Ending<D>),
}

impl<D> Wait<D> {
    /// Waits for the signal called `name`, which [`Instances::signal`] brings, and for `within` at most: then what was
    /// done so far is undone. Behind the pivot it waits on, and is listed as stuck.
    ///
    /// `take` takes what the signal brought into the data, or refuses. A signal that comes early is kept.
    #[must_use]
    pub fn signal<P, F>(name: &'static str, within: Duration, take: F) -> Self
    where
        P: DeserializeOwned,
        F: Fn(&mut D, P) -> Result<(), Problem> + Send + Sync + 'static,
    {
        let take = move |data: &mut D, value: Value| {
            // What serde says of a wrong value may show it, and a signal may be personal.
            let wrong =
                |_| Problem::internal(format!("the signal {name} brought something else than it takes"));
            take(data, serde_json::from_value(value).map_err(wrong)?)
        };
        Self { outline: outline(name, StepKind::Signal, Some(within)), until: Until::Signal(Arc::new(take)) }
    }

    /// Waits until the time that `until` reads from the data.
    #[must_use]
    pub fn until<F>(name: &'static str, until: F) -> Self
    where
        F: Fn(&D) -> Timestamp + Send + Sync + 'static,
    {
        let until = move |data: &D, _: Timestamp| until(data);
        Self { outline: outline(name, StepKind::Time, None), until: Until::Time(Arc::new(until)) }
    }

    /// Waits for `pause`, from when the step before it is done.
    #[must_use]
    pub fn pause(name: &'static str, pause: Duration) -> Self {
        let until = move |_: &D, now: Timestamp| now.plus(pause);
        Self { outline: outline(name, StepKind::Time, None), until: Until::Time(Arc::new(until)) }
    }

    /// Makes it the pivot: once it is over nothing is undone.
    #[must_use]
    pub fn pivot(mut self) -> Self {
        self.outline.is_pivot = true;
        self
    }
}

/// A saga: named steps in order, each beside its undo.
///
/// `S` is the state of the service, handed to every step; `D` are the data of an instance, kept as JSON.
///
/// An instance keeps the version that it began with. Whoever changes steps, their sequence, kinds or undos raises the
/// version and carries the old one beside the new ([`Saga::still`]) until no instance of it is left. Instances whose
/// version is no longer there, or has other steps, are not touched; they are counted, and told at each start.
pub struct Saga<S, D> {
    pub(crate) outline: Outline,
    pub(crate) acts: Vec<Act<S, D>>,
    pub(crate) older: Vec<Arc<dyn Carried<S>>>,
    pub(crate) at_once: usize,
    pub(crate) keep: Duration,
}

impl<S, D> Saga<S, D>
where
    S: Send + Sync + 'static,
    D: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// A saga without steps. Its name and its version, from 1, are never given to another one.
    #[must_use]
    pub fn new(name: &'static str, version: u32) -> Self {
        let outline = Outline { saga: name, version, steps: Vec::new() };
        Self { outline, acts: Vec::new(), older: Vec::new(), at_once: AT_ONCE, keep: KEEP }
    }

    /// Then this.
    #[must_use]
    pub fn call(self, call: Call<S, D>) -> Self {
        let Call { outline, run, undo, attempt } = call;
        self.step(outline, Act::Call { run, undo, attempt })
    }

    /// Then this.
    #[must_use]
    pub fn local(self, local: Local<S, D>) -> Self {
        let Local { outline, run, undo } = local;
        self.step(outline, Act::Local { run, undo })
    }

    /// Then this.
    #[must_use]
    pub fn wait(self, wait: Wait<D>) -> Self {
        let act = match wait.until {
            Until::Signal(take) => Act::Signal(take),
            Until::Time(until) => Act::Time(until),
        };
        self.step(wait.outline, act)
    }

    fn step(mut self, outline: StepOutline, act: Act<S, D>) -> Self {
        self.outline.steps.push(outline);
        self.acts.push(act);
        self
    }

    /// Carries the instances of an older version to their end.
    #[must_use]
    pub fn still<E>(mut self, older: Saga<S, E>) -> Self
    where
        E: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        self.older.push(Arc::new(older));
        self
    }

    /// How many instances of this version are carried on at the same time; usually 32. The others wait.
    #[must_use]
    pub fn at_once(mut self, instances: usize) -> Self {
        self.at_once = instances.max(1);
        self
    }

    /// How long instances are kept that have ended; usually 30 days. So long their ids are known.
    #[must_use]
    pub fn keep(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// What it is, as plain data.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// It and the older versions that it carries, as plain data.
    #[must_use]
    pub fn outlines(&self) -> Vec<Outline> {
        let older = self.older.iter().flat_map(|older| older.outlines());
        std::iter::once(self.outline.clone()).chain(older).collect()
    }

    /// Starts instances, and speaks to them.
    #[must_use]
    pub fn instances(&self) -> Instances<D> {
        Instances::new(self.outlines())
    }

    /// Whether it, and each older version that it carries, can be run.
    ///
    /// # Errors
    /// What to change.
    pub fn check(&self) -> Result<(), WrongDefinition> {
        self.outline.check()?;
        let Outline { saga, version, .. } = self.outline;
        let mut versions = BTreeSet::new();
        for older in self.outlines().iter().skip(1) {
            older.check()?;
            if !versions.insert(older.version) {
                let message = format!("it carries version {} twice", older.version);
                return Err(WrongDefinition { saga, version, message });
            }
            if older.saga != saga || older.version >= version {
                let message =
                    format!("it carries {} {}, which is no older version of it", older.saga, older.version);
                return Err(WrongDefinition { saga, version, message });
            }
        }
        Ok(())
    }
}

impl<S, D> fmt::Debug for Saga<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Saga({} {})", self.outline.saga, self.outline.version)
    }
}

macro_rules! named {
    ($($kind:ident<$($of:ident),*>)*) => {
        $(impl<$($of),*> fmt::Debug for $kind<$($of),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($kind), self.outline.name)
            }
        })*
    };
}

named!(Call<S, D> Local<S, D> Wait<D>);
