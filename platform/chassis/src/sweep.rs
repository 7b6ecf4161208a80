//! Giving back what has been held for too long.

use std::time::Duration;

use tradewind_db::{Db, DbError, FromRow, Row, Sql, Work, params};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal, Timestamp};

/// Objects read at a time.
const BATCH: u16 = 128;

/// The shortest pause between two sweeps.
const SHORTEST: Duration = Duration::from_secs(1);

/// Something that is held until a time: one row of the statement of a [`Sweep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// What is held.
    pub object: Id,
    /// Until when.
    pub at: Timestamp,
    /// The process it belongs to, where that is known.
    pub correlation: Option<Id>,
}

impl FromRow for Due {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { object: row.get(0)?, at: row.get(1)?, correlation: row.get(2)? })
    }
}

/// Finds what is due and ends it, one transaction for each object.
///
/// Made by [`Init::sweep`](crate::Init::sweep), run by
/// [`Definition::self_paced_job`](crate::Definition::self_paced_job).
#[derive(Debug, Clone)]
pub struct Sweep {
    pub(crate) service: &'static str,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) held: &'static Sql,
    pub(crate) horizon: Duration,
}

impl Sweep {
    /// Ends everything that is due with the work that `end` gives for it, and gives the pause until more can be
    /// due. The work must check for itself that its object still is: somebody else may be faster.
    ///
    /// One object that cannot be ended does not keep the others.
    ///
    /// # Errors
    /// The last failure.
    pub async fn run<W>(&self, end: impl Fn(Id) -> W) -> Result<Duration, DbError>
    where
        W: Work<Output = (), Error = DbError>,
    {
        let mut after = (Timestamp::from_micros(i64::MIN), Id::from_u128(0));
        let mut failure = None;
        loop {
            let now = self.clock.now();
            let batch: Vec<Due> = self.db.query(self.held, params![after.0, after.1, BATCH]).await?;
            let is_last = batch.len() < usize::from(BATCH);
            let next = batch.iter().find(|due| due.at > now).map(|due| due.at);
            for due in batch.into_iter().filter(|due| due.at <= now) {
                after = (due.at, due.object);
                match self.db.write(&self.context(due), end(due.object)).await {
                    Err(error) if error.is_transient() => return Err(error),
                    Err(error) => failure = Some(error),
                    Ok(()) => {}
                }
            }
            if next.is_some() || is_last {
                return failure.map_or_else(|| Ok(pause(now, next, self.horizon)), Err);
            }
        }
    }

    /// What follows belongs to the process of the object.
    fn context(&self, due: Due) -> Context {
        let principal = Principal::Service(self.service.to_owned());
        let begun = Context::begin(principal, &self.clock, &self.entropy);
        Context { correlation: due.correlation.unwrap_or(begun.correlation), ..begun }
    }
}

fn pause(now: Timestamp, next: Option<Timestamp>, horizon: Duration) -> Duration {
    next.map_or(horizon, |next| next.since(now).min(horizon)).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_sweep_is_when_something_can_be_due() {
        let (now, minute) = (Timestamp::from_micros(7), Duration::from_secs(60));
        assert_eq!(pause(now, None, minute), minute);
        assert_eq!(pause(now, Some(now.plus(minute / 2)), minute), minute / 2);
        // A setting that was lowered: what is held from now on is due before.
        assert_eq!(pause(now, Some(now.plus(2 * minute)), minute), minute);
        assert_eq!(pause(now, Some(now), minute), SHORTEST);
    }
}
