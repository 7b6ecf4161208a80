//! Reading a log that several transactions write at a time, so that nothing is passed over.
//!
//! A position is drawn before the transaction that draws it commits, and transactions commit in any order: who
//! reads 7 may find 6 later. So a reader stops before a gap until nobody is left who could fill it.
//!
//! Whoever inserts into a table of PostgreSQL holds a lock on it (`ROW EXCLUSIVE`) from before the position is
//! drawn until the transaction has ended and can be seen by others. A gap below a position that was seen can only
//! belong to a transaction that holds this lock now, or to one that has ended: then it is filled already, or will
//! never be. Positions are drawn in order, because the sequence caches nothing.
//!
//! Bounding the read by the oldest running transaction (`pg_snapshot_xmin`) instead is not enough for a cursor that
//! is one number, because the order of transaction ids is not that of positions; and it waits for every
//! transaction of the server. See ADR 0023.

use std::collections::BTreeSet;
use std::sync::Arc;

use tradewind_db::{Db, DbError, Engine};

use crate::{Recorded, log, mutants};

/// What a reader knows of the gaps of a log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settled {
    /// No position up to this one will be filled any more.
    until: i64,
    /// A gap that may still be filled.
    open: Option<Open>,
}

/// A gap below `seen`, and who may fill it.
#[derive(Debug, Clone)]
struct Open {
    seen: i64,
    writers: BTreeSet<String>,
}

/// What a reader may hand on.
pub(crate) struct Part {
    pub(crate) events: Vec<Recorded>,
    /// Something was held back: look again soon, also without a wake-up.
    pub(crate) is_held_back: bool,
}

impl Settled {
    /// Up to `limit` events after `position` that no later commit will precede.
    pub(crate) async fn read(
        &mut self,
        db: &Db,
        source: &Arc<str>,
        position: i64,
        limit: u16,
    ) -> Result<Part, DbError> {
        if db.engine() == Engine::Sqlite || mutants::GAP_PASSED_OVER.is_planted() {
            // One writer: positions become visible in order.
            let events = log::read(db, source, position, limit).await?;
            return Ok(Part { events, is_held_back: false });
        }
        self.close_gap(db).await?;
        let events = log::read(db, source, position, limit).await?;
        let Some((seen, whole)) = self.gap(position, &events) else {
            return Ok(Part { events, is_held_back: false });
        };
        if self
            .open
            .as_ref()
            .is_some_and(|open| events.get(whole).is_some_and(|behind| behind.position <= open.seen))
        {
            // Known already. Asking anew would add those who began since, and never end under steady writing.
            return Ok(Part { events: events.into_iter().take(whole).collect(), is_held_back: true });
        }
        // Asked after the reading: who has ended by now can be seen by the next one.
        let writers = log::writers(db).await?;
        let has_writers = !writers.is_empty();
        self.open = Some(Open { seen, writers });
        if has_writers {
            return Ok(Part { events: events.into_iter().take(whole).collect(), is_held_back: true });
        }
        self.close_gap(db).await?;
        let events = log::read(db, source, position, limit).await?;
        let whole = self.gap(position, &events).map_or(events.len(), |(_, whole)| whole);
        let is_held_back = whole < events.len();
        Ok(Part { events: events.into_iter().take(whole).collect(), is_held_back })
    }

    /// Settles what lies below the gap once everybody who could fill it has ended.
    async fn close_gap(&mut self, db: &Db) -> Result<(), DbError> {
        let Some(open) = &self.open else { return Ok(()) };
        let is_closed = open.writers.is_empty() || log::writers(db).await?.is_disjoint(&open.writers);
        if is_closed {
            self.until = self.until.max(open.seen);
            self.open = None;
        }
        Ok(())
    }

    /// The last position that was seen, and how many events come before the first gap that is not settled.
    fn gap(&self, position: i64, events: &[Recorded]) -> Option<(i64, usize)> {
        let mut expected = position + 1;
        for (whole, event) in events.iter().enumerate() {
            if event.position > expected.max(self.until + 1) {
                return Some((events.last()?.position, whole));
            }
            expected = event.position + 1;
        }
        None
    }
}
