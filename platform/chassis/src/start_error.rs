//! Why something could not be started.

use std::fmt;

/// A service could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {reason}")]
pub struct StartError {
    part: String,
    reason: String,
    is_of_database: bool,
}

impl StartError {
    /// `part` of the system could not be started for `reason`, which says what to change.
    pub fn new(part: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { part: part.into(), reason: reason.to_string(), is_of_database: false }
    }

    /// What is wrong is the database of one service: the others can do without.
    pub(crate) fn of_database(mut self) -> Self {
        self.is_of_database = true;
        self
    }

    pub(crate) fn is_of_database(&self) -> bool {
        self.is_of_database
    }

    /// Why, without the part.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
