//! What is wrong in a document, and where.

use std::fmt;

/// A mistake in a document, for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// The name of the file as it was given; of what stands in none, what it was called.
    pub file: String,
    /// The line, counted from 1; 0 of what stands in no file.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// Which field, and what to change.
    pub reason: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.file, self.reason),
            line => write!(formatter, "{}:{line}:{}: {}", self.file, self.column, self.reason),
        }
    }
}

impl std::error::Error for DocumentError {}
