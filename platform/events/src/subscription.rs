//! Subscriptions: which events of which producer lead to which work.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};

use crate::{Event, Recorded};

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

/// Why a handler could not do its work. The event stays where it is and is tried again.
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
}

impl<S: Send + Sync + 'static> Subscription<S> {
    /// A subscription to the events of the service called `producer`.
    #[must_use]
    pub fn to(producer: &'static str) -> Self {
        Self { producer, start: Start::default(), handlers: BTreeMap::new() }
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
            work.run(tx).await.map_err(|error| HandleError::Handler { kind, message: error.to_string() })
        })
    }
}
