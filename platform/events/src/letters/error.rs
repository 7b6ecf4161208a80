//! Why a command on letters was refused.

use tradewind_db::DbError;
use tradewind_problem::{CONFLICT, NOT_FOUND, Problem, UNAVAILABLE};

use crate::letters::FailedLetter;

/// Why a command on letters was not carried out. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// There is no such letter; it may have been replayed or dropped.
    #[error("there is no such letter")]
    NotFound,
    /// A letter failed again.
    #[error("the letter at {} failed again: {}", .0.position, .0.error)]
    Failed(FailedLetter),
    /// What the handler needs cannot answer now; the letter is not at fault.
    #[error("{0}")]
    Unavailable(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<LetterError> for Problem {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::NotFound => Self::new(&NOT_FOUND)
                .detail("There is no such letter here. It may have been replayed or dropped; list them."),
            LetterError::Failed(_) => Self::new(&CONFLICT).detail(format!("{error}. Nothing was changed.")),
            LetterError::Unavailable(_) => Self::new(&UNAVAILABLE)
                .detail("The letter cannot be handled now. Nothing was changed; send the command again.")
                .operator(error),
            LetterError::Db(error) => error.into(),
        }
    }
}
