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
    /// The connection broke while the transaction was committed: it may be committed or not. The same work can be
    /// run again when it would notice what it did before.
    #[error("it is not known whether a transaction was committed: {message}")]
    Unknown {
        /// What broke.
        message: String,
    },
    /// The database cannot be reached, or did not answer in time. Nothing was kept.
    #[error("the database is not available: {message}")]
    Unavailable {
        /// What the engine or the network said.
        message: String,
    },
    /// A served database could not be opened.
    #[error("{database} could not be opened: {message}")]
    Connect {
        /// Its address, without a password.
        database: String,
        /// What has to be mended.
        cause: ConnectCause,
        /// What the server or the network said.
        message: String,
    },
    /// The database could not be opened.
    #[error("the database {path} could not be opened: {message}")]
    Open {
        /// Where it is.
        path: String,
        /// What the engine said.
        message: String,
    },
}

/// What has to be mended before a served database can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectCause {
    /// Nothing answers at the address.
    Unreachable,
    /// The server is starting or stopping.
    Starting,
    /// The server has no connection left.
    TooManyConnections,
    /// The role or its password is refused.
    Credentials,
    /// There is no such database.
    NoDatabase,
    /// The role may not open the database.
    Privilege,
    /// The server is too old.
    Version,
    /// No agreement on encryption, or the server's certificate is not trusted.
    Tls,
    /// Something else.
    Other,
}

impl ConnectCause {
    /// Whether it may pass by itself.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Unreachable | Self::Starting | Self::TooManyConnections)
    }
}

impl DbError {
    /// Whether the same work may succeed later without any change to it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Busy { .. } | Self::Storage { .. } | Self::Closed => true,
            Self::Fenced { .. } => true,
            // While a service runs, what stops it from reaching its database is mended outside of it.
            Self::Unknown { .. } | Self::Unavailable { .. } | Self::Connect { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn parameters(wanted: usize, given: usize) -> Self {
        Self::column(format!("{wanted} parameters expected, {given} given"))
    }

    pub(crate) fn column(message: impl Into<String>) -> Self {
        Self::Column { message: message.into() }
    }
}

impl From<DbError> for Problem {
    /// The caller learns whether to try again; the operator learns what happened.
    fn from(error: DbError) -> Self {
        if !error.is_transient() {
            return Self::internal(error);
        }
        let detail = match error {
            DbError::Unknown { .. } => {
                "It is not known whether the request was carried out. Send it again with the same Idempotency-Key."
            }
            _ => "The request was not carried out. Send it again with the same Idempotency-Key.",
        };
        Self::new(&UNAVAILABLE).detail(detail).retry_after(RETRY_AFTER).operator(error)
    }
}
