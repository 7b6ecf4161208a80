//! What the engine's errors mean.

use rusqlite::ErrorCode;

use crate::DbError;

/// Sorts an error of the engine by what can be done about it.
pub(crate) fn classify(statement: &'static str, error: &rusqlite::Error) -> DbError {
    let message = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DbError::Conflict { attempts: 1 },
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::OutOfMemory,
        ) => DbError::Storage { message },
        Some(ErrorCode::ConstraintViolation) => DbError::Constraint { statement, message },
        _ => DbError::Statement { statement, message },
    }
}
