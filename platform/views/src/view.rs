//! What a view is, and how it follows the events of its streams.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use tradewind_db::shadow::{Shadow, Table};
use tradewind_db::{DbError, Tx, params, sql};
use tradewind_eventstore::DomainEvent;
use tradewind_kernel::Timestamp;

use crate::{Phase, mutants};

sql! {
    /// The table's lock that `SHARE` takes as well, before anything is looked at: a rebuild that goes on step by step
    /// would otherwise make each run a conflict.
    WAIT = {
        postgres: "lock table view_state in row share mode",
        sqlite: "select 0 where false",
    };
    /// Shared by those who follow, so that no step of a rebuild comes between; one that came since the transaction
    /// began makes it a conflict. Streams are compared by the engine, in whose sequence they are read.
    SHARE = {
        postgres: "select phase, cast($2 as text) <= reached from view_state where view = $1 for share",
        sqlite: "select phase, $2 <= reached from view_state where view = $1",
    };
}

/// An event that a view applies.
#[derive(Debug)]
pub struct Fact<'a, E> {
    /// The stream that it is part of.
    pub stream: &'a str,
    /// When it was written: the time that a view shows, also when it is made again much later.
    pub at: Timestamp,
    /// What happened.
    pub event: &'a E,
}

impl<E> Clone for Fact<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Fact<'_, E> {}

/// The application of one event, under way.
pub type Applying<'a> = Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + 'a>>;

/// Applies one event with statements that name the live tables. It asks nothing but the event and those tables: what
/// else it read would be another thing when the view is made again.
pub type Apply<E> = for<'a> fn(&'a mut Tx, Fact<'a, E>) -> Applying<'a>;

/// A read model of events `E`. A `static`.
pub struct View<E: 'static> {
    outline: Outline,
    apply: Apply<E>,
    shadow: Shadow,
}

/// What a view is called and made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Its name, of lower-case letters, digits and `_`.
    pub name: &'static str,
    /// The version of its meaning, counted from 1. A higher one than the live rows were made by is rebuilt at the start
    /// of the service. What new columns it needs comes with migrations.
    pub version: i64,
    /// What the names of its streams begin with.
    pub streams: &'static str,
    /// Its tables.
    pub tables: &'static [Table],
}

impl<E: DomainEvent> View<E> {
    /// A view.
    #[must_use]
    pub const fn new(outline: Outline, apply: Apply<E>) -> Self {
        Self { outline, apply, shadow: Shadow::of(outline.tables) }
    }

    /// What it is called and made of.
    #[must_use]
    pub fn outline(&self) -> Outline {
        self.outline
    }

    /// Applies what happened to a stream, in the transaction in which it is written; behind that in time.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn follow(&'static self, tx: &mut Tx, stream: &str, events: &[E]) -> Result<(), DbError> {
        let (name, at) = (self.outline.name, tx.now());
        tx.begin_again_with(&WAIT);
        let found: Option<(Phase, Option<bool>)> = tx.query_optional(&SHARE, params![name, stream]).await?;
        for event in events {
            self.apply(tx, Fact { stream, at, event }).await?;
        }
        let is_in_shadow = found.is_some_and(|(phase, is_reached)| {
            phase.is_whole() || (phase == Phase::Filling && is_reached == Some(true))
        });
        if !is_in_shadow || mutants::SHADOW_FORGOTTEN.is_planted() {
            return Ok(());
        }
        self.shadow.enter(tx);
        for event in events {
            self.apply(tx, Fact { stream, at, event }).await?;
        }
        self.shadow.leave(tx);
        Ok(())
    }

    pub(crate) fn shadow(&'static self) -> &'static Shadow {
        &self.shadow
    }

    pub(crate) fn apply<'a>(&self, tx: &'a mut Tx, fact: Fact<'a, E>) -> Applying<'a> {
        (self.apply)(tx, fact)
    }
}

impl<E> fmt::Debug for View<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({} {})", self.outline.name, self.outline.version)
    }
}
