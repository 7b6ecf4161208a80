//! How far a rebuild is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Column, DbError, FromColumn};

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// None is under way.
    Live,
    /// One is wanted.
    Asked,
    /// The shadows are being filled.
    Filling,
    /// They hold everything and are compared with the live tables.
    Filled,
    /// They differ, and somebody has to say what is right.
    Differs,
    /// They are the live tables now, and what was live is being removed.
    Clearing,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Asked => "asked",
            Self::Filling => "filling",
            Self::Filled => "filled",
            Self::Differs => "differs",
            Self::Clearing => "clearing",
        }
    }

    /// Whether the shadows hold every stream, so that all of them are followed there as well.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Filled | Self::Differs)
    }
}

impl FromColumn for Phase {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        let text = String::from_column(column)?;
        let all = [Self::Live, Self::Asked, Self::Filling, Self::Filled, Self::Differs, Self::Clearing];
        let found = all.into_iter().find(|phase| phase.name() == text);
        found.ok_or_else(|| DbError::Column { message: format!("{text} is no phase of a rebuild") })
    }
}
