//! Subscriptions: which events of which producer lead to which work.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem, UNAVAILABLE};

use crate::{Event, EventType, Recorded};

/// Where a new subscription begins to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With the oldest event that the producer still has.
    #[default]
    Beginning,
    /// With the events that follow.
    Now,
}

/// An event that arrived, with what a handler may want to know of its envelope.
#[derive(Debug, Clone)]
pub struct Received<E> {
    /// The event's id.
    pub id: Id,
    /// When it happened.
    pub time: Timestamp,
    /// Its place among the events of its key, from 1.
    pub sequence: i64,
    /// The fact itself.
    pub event: E,
}

impl<E> Deref for Received<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.event
    }
}

/// Why an event could not be handled. It is tried again; one that is itself at fault is parked at last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The event could not be understood.
    #[error("{kind} could not be decoded: {message}")]
    Decode {
        /// The event's type.
        kind: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The handler gave up.
    #[error("the handler of {kind} failed: {message}")]
    Handler {
        /// The event's type.
        kind: &'static str,
        /// What it said.
        message: String,
    },
    /// Something that the handler needs cannot answer now.
    #[error("the handler of {kind} cannot do its work now: {message}")]
    Unavailable {
        /// The event's type.
        kind: &'static str,
        /// What it said.
        message: String,
    },
    /// The event has to be parked and there is no place for it.
    #[error("{what} holds {bound} parked already; replay or drop letters, until then the subscription stops")]
    Full {
        /// What is full.
        what: String,
        /// How many it may hold.
        bound: u32,
    },
}

impl HandleError {
    /// Whether the event itself is at fault: trying it again counts, and ends.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Db(error) => !error.is_transient(),
            Self::Decode { .. } | Self::Handler { .. } => true,
            Self::Unavailable { .. } | Self::Full { .. } => false,
        }
    }

    /// Sorts what a work failed with; `lost` is the failure of its transaction, if that failed.
    fn of<E: fmt::Display + Any>(kind: &'static str, error: &E, lost: Option<&DbError>) -> Self {
        // The work may have wrapped the database's failure beyond recognition.
        if let Some(lost) = lost.filter(|lost| lost.is_transient()) {
            return Self::Db(lost.clone());
        }
        let (any, message) = (error as &dyn Any, error.to_string());
        let later = |problem: &Problem| problem.is(&UNAVAILABLE) || problem.is(&DEADLINE_EXCEEDED);
        if any.downcast_ref::<DbError>().is_some_and(DbError::is_transient)
            || any.downcast_ref::<Problem>().is_some_and(later)
        {
            return Self::Unavailable { kind, message };
        }
        Self::Handler { kind, message }
    }
}

type Handled<'a> = Pin<Box<dyn Future<Output = Result<(), HandleError>> + Send + 'a>>;

/// A handler whose types are hidden.
pub(crate) trait Handle<S>: Send + Sync {
    fn handle<'a>(&'a self, state: &'a S, tx: &'a mut Tx, recorded: &'a Recorded) -> Handled<'a>;
}

/// The events of one producer that a service reacts to.
///
/// `S` is the state of the service, handed to every handler.
pub struct Subscription<S> {
    producer: &'static str,
    start: Start,
    handlers: BTreeMap<&'static str, Arc<dyn Handle<S>>>,
    events: BTreeMap<&'static str, EventType>,
}

impl<S: Send + Sync + 'static> Subscription<S> {
    /// A subscription to the events of the service called `producer`.
    #[must_use]
    pub fn to(producer: &'static str) -> Self {
        Self { producer, start: Start::default(), handlers: BTreeMap::new(), events: BTreeMap::new() }
    }

    /// Where to begin when the subscription is new.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Reacts to events of type `E` with a work, committed together with the cursor.
    #[must_use]
    pub fn on<E, W>(mut self, handler: fn(&S, Received<E>) -> W) -> Self
    where
        E: Event,
        W: Work<Output = ()>,
        W::Error: fmt::Display,
    {
        self.handlers.insert(E::TYPE, Arc::new(On { handler, event: PhantomData }));
        self.events.insert(E::TYPE, EventType::of::<E>());
        self
    }

    /// Reacts to events of these types with a work that gets them as they came, fields that nobody knows included:
    /// for who passes on what others tell.
    #[must_use]
    pub fn on_any<W>(mut self, types: &[EventType], handler: fn(&S, &Recorded) -> W) -> Self
    where
        W: Work<Output = ()>,
        W::Error: fmt::Display,
    {
        for event in types {
            self.handlers.insert(event.kind, Arc::new(OnAny { kind: event.kind, handler }));
            self.events.insert(event.kind, *event);
        }
        self
    }

    /// The service whose events these are.
    #[must_use]
    pub fn producer(&self) -> &'static str {
        self.producer
    }

    /// The types that are reacted to.
    #[must_use]
    pub fn types(&self) -> Vec<&'static str> {
        self.handlers.keys().copied().collect()
    }

    /// What is known of the types that are reacted to.
    #[must_use]
    pub fn events(&self) -> Vec<EventType> {
        self.events.values().copied().collect()
    }

    pub(crate) fn beginning(&self) -> Start {
        self.start
    }

    pub(crate) fn handler(&self, kind: &str) -> Option<&Arc<dyn Handle<S>>> {
        self.handlers.get(kind)
    }
}

impl<S> fmt::Debug for Subscription<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types: Vec<_> = self.handlers.keys().collect();
        f.debug_struct("Subscription").field("producer", &self.producer).field("types", &types).finish()
    }
}

struct On<S, E, W> {
    handler: fn(&S, Received<E>) -> W,
    event: PhantomData<fn() -> E>,
}

impl<S, E, W> Handle<S> for On<S, E, W>
where
    S: Send + Sync + 'static,
    E: Event,
    W: Work<Output = ()>,
    W::Error: fmt::Display,
{
    fn handle<'a>(&'a self, state: &'a S, tx: &'a mut Tx, recorded: &'a Recorded) -> Handled<'a> {
        Box::pin(async move {
            let kind = E::TYPE;
            let envelope = &recorded.event;
            let event = serde_json::from_str(envelope.data.get())
                .map_err(|error| HandleError::Decode { kind, message: error.to_string() })?;
            let received =
                Received { id: envelope.id, time: envelope.time, sequence: envelope.sequence, event };
            let work = (self.handler)(state, received);
            let outcome = work.run(tx).await;
            outcome.map_err(|error| HandleError::of(kind, &error, tx.failure()))
        })
    }
}

struct OnAny<S, W> {
    kind: &'static str,
    handler: fn(&S, &Recorded) -> W,
}

impl<S, W> Handle<S> for OnAny<S, W>
where
    S: Send + Sync + 'static,
    W: Work<Output = ()>,
    W::Error: fmt::Display,
{
    fn handle<'a>(&'a self, state: &'a S, tx: &'a mut Tx, recorded: &'a Recorded) -> Handled<'a> {
        Box::pin(async move {
            let outcome = (self.handler)(state, recorded).run(tx).await;
            outcome.map_err(|error| HandleError::of(self.kind, &error, tx.failure()))
        })
    }
}
