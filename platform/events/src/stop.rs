//! Why a subscription has to rest, and how long.

use std::time::Duration;

use tradewind_db::DbError;

use crate::{FeedError, HandleError};

/// The longest pause after failures.
pub(crate) const MAX_PAUSE: Duration = Duration::from_secs(10);

/// The same while a database cannot be reached: nothing is wrong with what is to be done, and looking whether it is
/// back costs nobody anything.
const MAX_OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// Why the loop has to rest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// Another replica has the turn; nothing is wrong.
    #[error("another replica handles the events")]
    NotOurs,
}

impl Stop {
    /// Whether only somebody else can change that.
    pub(crate) fn is_for_good(&self) -> bool {
        matches!(self, Self::Handle(HandleError::Full { .. }) | Self::Feed(FeedError::Pruned { .. }))
    }

    /// Whether a database cannot be reached, or left a commit without an answer.
    pub(crate) fn is_outage(&self) -> bool {
        let (Self::Feed(FeedError::Db(error)) | Self::Handle(HandleError::Db(error))) = self else {
            return false;
        };
        matches!(
            error,
            DbError::Unavailable { .. }
                | DbError::Unknown { .. }
                | DbError::Connect { .. }
                | DbError::Busy { .. }
        )
    }

    /// How long to rest after it when `pause` would be usual.
    pub(crate) fn pause(&self, pause: Duration) -> Duration {
        pause.min(if self.is_outage() { MAX_OUTAGE_PAUSE } else { MAX_PAUSE })
    }

    /// Whether the turn was found to be another's, here or by the transaction.
    pub(crate) fn is_turn(&self) -> bool {
        matches!(self, Self::NotOurs | Self::Handle(HandleError::Db(DbError::Fenced { .. })))
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Handle(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_PAUSE: Duration = Duration::from_millis(50);

    /// The pauses after failures of one kind, until they grow no more.
    fn pauses(error: &Stop) -> Vec<u128> {
        let mut next = FIRST_PAUSE;
        let pauses = (0..10).map(|_| {
            let pause = error.pause(next);
            next = pause * 2;
            pause.as_millis()
        });
        pauses.collect()
    }

    #[test]
    fn the_return_of_a_database_is_seen_within_a_second() {
        let message = || "connection refused".to_owned();
        let outages: [Stop; 3] = [
            DbError::Unavailable { message: message() }.into(),
            DbError::Unknown { message: message() }.into(),
            FeedError::Db(DbError::Unavailable { message: message() }).into(),
        ];
        for outage in outages {
            assert_eq!(pauses(&outage)[..6], [50, 100, 200, 400, 800, 1_000], "{outage}");
            assert_eq!(pauses(&outage)[9], 1_000, "{outage}");
        }
        let others: [Stop; 3] = [
            DbError::Storage { message: message() }.into(),
            FeedError::Unreadable(message()).into(),
            HandleError::Unavailable { kind: "lamp", message: message() }.into(),
        ];
        for other in others {
            assert_eq!(pauses(&other)[6..], [3_200, 6_400, 10_000, 10_000], "{other}");
        }
    }
}
