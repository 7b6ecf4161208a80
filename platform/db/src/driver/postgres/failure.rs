//! What the failures of the served engine mean.

use std::io;

use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

use crate::{ConnectCause, DbError};

/// What can be done about a failure of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection is gone, with all that was not committed.
    Lost(String),
    /// Anything else.
    Error(DbError),
}

impl Failure {
    pub(crate) fn into_error(self) -> DbError {
        match self {
            Self::Lost(message) => DbError::Unavailable { message },
            Self::Error(error) => error,
        }
    }
}

/// Sorts a failure of a statement.
pub(crate) fn classify(statement: &'static str, error: &Error) -> Failure {
    match error {
        Error::Database(inner) => match inner.try_downcast_ref::<PgDatabaseError>() {
            Some(told) => told_by_server(statement, told),
            None => Failure::Error(DbError::Statement { statement, message: error.to_string() }),
        },
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => Failure::Lost(error.to_string()),
        Error::Encode(inner) | Error::Decode(inner) => Failure::Error(DbError::column(inner.to_string())),
        other => Failure::Error(DbError::Statement { statement, message: other.to_string() }),
    }
}

/// By SQLSTATE, appendix A of PostgreSQL's manual. Messages may quote values, details do: those are left out.
fn told_by_server(statement: &'static str, told: &PgDatabaseError) -> Failure {
    let code = told.code();
    let message = match told.constraint() {
        Some(constraint) => format!("{} ({code}, {constraint})", told.message()),
        None => format!("{} ({code})", told.message()),
    };
    Failure::Error(match code.get(..2).unwrap_or_default() {
        // Transaction rollback: serialization failure, deadlock.
        "40" => DbError::Conflict { attempts: 1 },
        // A lock that did not come in time, a statement that took too long.
        "55" => DbError::Conflict { attempts: 1 },
        "23" => DbError::Constraint { statement, message },
        // Resources, system, corruption: the disk is full or broken, memory is short.
        "53" | "58" | "XX" => DbError::Storage { message },
        // The server ends, or ended this session.
        "57" if code != "57014" => return Failure::Lost(message),
        "08" => return Failure::Lost(message),
        "25" if code == "25006" => {
            DbError::Storage { message: format!("{message}; is the server a standby?") }
        }
        "25" if code == "25P03" => return Failure::Lost(message),
        _ if code == "57014" => DbError::Unavailable { message },
        _ => DbError::Statement { statement, message },
    })
}

/// Sorts a failure to connect.
pub(crate) fn connecting(error: &Error) -> (ConnectCause, String) {
    let message = match error {
        Error::Database(told) => told.message().to_owned(),
        Error::Io(told) => told.to_string(),
        other => other.to_string(),
    };
    let cause = match error {
        // What TLS refuses during the handshake: the server's certificate above all.
        Error::Io(told) if told.kind() == io::ErrorKind::InvalidData => ConnectCause::Tls,
        // No network says this: a file of certificates or keys does.
        Error::Io(told)
            if matches!(told.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) =>
        {
            return (ConnectCause::Tls, format!("a certificate or key cannot be read: {told}"));
        }
        Error::Io(_) => ConnectCause::Unreachable,
        Error::Tls(_) => ConnectCause::Tls,
        Error::Database(inner) => match inner.code().as_deref() {
            Some("28P01" | "28000") => ConnectCause::Credentials,
            Some("3D000") => ConnectCause::NoDatabase,
            Some("53300") => ConnectCause::TooManyConnections,
            Some("57P01" | "57P02" | "57P03") => ConnectCause::Starting,
            Some("42501") => ConnectCause::Privilege,
            _ => ConnectCause::Other,
        },
        // The driver says so when the server has no TLS, and when certificates cannot be read.
        Error::Configuration(_) => ConnectCause::Tls,
        _ => ConnectCause::Other,
    };
    (cause, message)
}
