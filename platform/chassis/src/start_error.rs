//! Why something could not be started.

use std::fmt;

/// A service could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {reason}")]
pub struct StartError {
    part: String,
    reason: String,
    is_of_database: bool,
    is_of_settings: bool,
}

impl StartError {
    /// `part` of the system could not be started for `reason`, which says what to change.
    pub fn new(part: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { part: part.into(), reason: reason.to_string(), is_of_database: false, is_of_settings: false }
    }

    /// What is wrong is the database of one service: the others can do without.
    pub(crate) fn of_database(mut self) -> Self {
        self.is_of_database = true;
        self
    }

    pub(crate) fn is_of_database(&self) -> bool {
        self.is_of_database
    }

    /// What is wrong is a setting.
    pub(crate) fn of_settings(mut self) -> Self {
        self.is_of_settings = true;
        self
    }

    /// Whether a setting is wrong, so that another start would fail the same way.
    #[must_use]
    pub fn is_of_settings(&self) -> bool {
        self.is_of_settings
    }

    /// Why, without the part.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
