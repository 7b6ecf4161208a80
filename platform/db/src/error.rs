//! What can go wrong between a program and its database.

use std::time::Duration;

use tradewind_problem::{Problem, UNAVAILABLE};

/// When another try makes sense after a transient failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A failure of the database or of the way it was used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// The work met a concurrent change and was run again as often as allowed. Try again later.
    #[error("the transaction met concurrent changes and was given up after {attempts} attempts")]
    Conflict {
        /// How often it ran.
        attempts: u32,
    },
    /// The work awaited something else than the database; nothing of it was kept.
    #[error("a transaction awaited something other than the database and was rolled back")]
    ForeignAwait,
    /// The work panicked; nothing of it was kept.
    #[error("a transaction panicked and was rolled back: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The queue before the writer, or the pool of readers, was full for too long. Try again later.
    #[error("the database is busy: no place within {waited_ms} ms")]
    Busy {
        /// How long the caller waited, in milliseconds.
        waited_ms: u64,
    },
    /// The disk is full or broken; the whole batch was rolled back. Nothing was kept.
    #[error("the storage failed: {message}")]
    Storage {
        /// What the engine said.
        message: String,
    },
    /// The work showed the token of a lease that another has taken since; nothing of it was kept. Whoever still has
    /// to do it takes the lease again.
    #[error("the lease {name} was taken by another meanwhile")]
    Fenced {
        /// The lease's name.
        name: String,
    },
    /// The database was closed, as it is during shutdown.
    #[error("the database is closed")]
    Closed,
    /// A constraint of the schema refused the change.
    #[error("a constraint refused {statement}: {message}")]
    Constraint {
        /// The name of the statement.
        statement: &'static str,
        /// What the engine said.
        message: String,
    },
    /// The statement and the schema do not fit: a defect of the program.
    #[error("statement {statement} failed: {message}")]
    Statement {
        /// The name of the statement.
        statement: &'static str,
        /// What the engine said.
        message: String,
    },
    /// A value could not be written to or read from a column: a defect or damaged data.
    #[error("a column does not hold what was expected: {message}")]
    Column {
        /// What was found and expected.
        message: String,
    },
    /// The schema is not the one this program needs.
    #[error("the schema of {component} does not fit: {message}")]
    Schema {
        /// The part of the schema.
        component: String,
        /// What differs and what to do.
        message: String,
    },
    /// A dump was loaded into the database and not accepted: what it holds may be a part.
    #[error("a restore into this database was begun and not finished; remove the database and restore again")]
    Unfinished,
    /// The database could not be opened.
    #[error("the database {path} could not be opened: {message}")]
    Open {
        /// Where it is.
        path: String,
        /// What the engine said.
        message: String,
    },
}

impl DbError {
    /// Whether the same work may succeed later without any change to it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Conflict { .. }
                | Self::Busy { .. }
                | Self::Storage { .. }
                | Self::Fenced { .. }
                | Self::Closed
        )
    }

    pub(crate) fn column(message: impl Into<String>) -> Self {
        Self::Column { message: message.into() }
    }
}

impl From<DbError> for Problem {
    /// The caller learns whether to try again; the operator learns what happened.
    fn from(error: DbError) -> Self {
        if error.is_transient() {
            Self::new(&UNAVAILABLE)
                .detail("The request was not carried out. Send it again with the same Idempotency-Key.")
                .retry_after(RETRY_AFTER)
                .operator(error)
        } else {
            Self::internal(error)
        }
    }
}
