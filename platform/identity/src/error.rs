//! Why files cannot be used.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A file of an identity or of an authority cannot be used. No text of it holds anything of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", file.display())]
pub struct IdentityError {
    file: PathBuf,
    reason: String,
}

impl IdentityError {
    pub(crate) fn new(file: &Path, reason: impl Display) -> Self {
        Self { file: file.to_owned(), reason: reason.to_string() }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What is wrong with it, and what to change.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
