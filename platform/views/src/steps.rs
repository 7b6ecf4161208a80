//! The steps of a rebuild besides filling: each a transaction that looks first whether it is still wanted.

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_eventstore::count_events;

use crate::compare::Differences;
use crate::state::{TOPIC, alone};
use crate::{Phase, Rebuilt, Status};

/// Rows of a table that was swapped out that are removed in one transaction.
const CLEARED_AT_ONCE: u32 = 2_000;

sql! {
    ADD = "insert into view_state (view, version, phase) values ($1, $2, 'live')";
    ASK = "update view_state set phase = 'asked', accepts = 0 where view = $1";
    BEGIN = "update view_state set phase = 'filling', building = $2, total = $3, begun_at = $4, reached = '',
            applied = 0, only_live = null, only_rebuilt = null, sample = null, filled_at = null, rounds = rounds + 1
        where view = $1";
    JUDGE = "update view_state set phase = $2, only_live = $3, only_rebuilt = $4, sample = $5 where view = $1";
    SWAPPED = "update view_state set phase = 'clearing', version = $2, building = null, swapped_at = $3
        where view = $1";
    CLEARED = "update view_state set phase = 'live' where view = $1 and phase = 'clearing'";
}

/// Makes a view known, at the start of its service. Live rows of an older version are rebuilt; a rebuild that was under
/// way goes on, unless it was by another version or its tables are gone, as in a database that was restored.
pub struct Register(pub &'static dyn Rebuilt);

impl Work for Register {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let outline = self.0.outline();
        let Some(status) = alone(tx, outline.name).await? else {
            return tx.execute(&ADD, params![outline.name, outline.version]).await.map(drop);
        };
        let is_stale = match status.phase {
            Phase::Live => status.version < outline.version,
            Phase::Filling | Phase::Filled | Phase::Differs => {
                status.building != Some(outline.version) || !self.0.shadow().is_there(tx).await?
            }
            Phase::Asked | Phase::Clearing => false,
        };
        if is_stale {
            tx.execute(&ASK, params![outline.name]).await?;
            tx.signal(TOPIC);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Register({})", self.0.outline().name)
    }
}

/// Makes empty shadows.
pub(crate) struct Begin(pub(crate) &'static dyn Rebuilt);

impl Work for Begin {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let (outline, shadow) = (self.0.outline(), self.0.shadow());
        let found = alone(tx, outline.name).await?.filter(|status| status.phase == Phase::Asked);
        let Some(status) = found else { return Ok(()) };
        shadow.discard(tx).await?;
        shadow.create(tx, status.rounds + 1).await?;
        let total = count_events(tx, outline.streams).await?;
        let now = tx.now();
        tx.execute(&BEGIN, params![outline.name, outline.version, total, now]).await.map(drop)
    }
}

/// Swaps the shadows in when they may be, else says how they differ.
pub(crate) struct Judge {
    pub(crate) view: &'static dyn Rebuilt,
    /// The rebuild that was compared.
    pub(crate) round: i64,
    pub(crate) found: Differences,
}

impl Work for Judge {
    /// The status, when it was the one that was compared.
    type Output = Option<Status>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Status>, DbError> {
        let outline = self.view.outline();
        let is_this = |status: &Status| status.phase == Phase::Filled && status.rounds == self.round;
        let Some(mut status) = alone(tx, outline.name).await?.filter(is_this) else { return Ok(None) };
        let Differences { only_live, only_rebuilt, sample } = &self.found;
        let is_same = *only_live == 0 && *only_rebuilt == 0;
        // Another version is there to be different.
        let is_wanted = is_same || status.accepts || status.version != outline.version;
        status.phase = if is_wanted { Phase::Clearing } else { Phase::Differs };
        let phase = status.phase.name();
        let sample = Some(sample.join(", ")).filter(|text| !text.is_empty());
        tx.execute(&JUDGE, params![outline.name, phase, *only_live, *only_rebuilt, sample]).await?;
        if is_wanted {
            let now = tx.now();
            self.view.shadow().swap(tx).await?;
            tx.execute(&SWAPPED, params![outline.name, outline.version, now]).await?;
        }
        (status.only_live, status.only_rebuilt, status.sample) =
            (Some(*only_live), Some(*only_rebuilt), sample);
        Ok(Some(status))
    }
}

/// Removes a part of what was live before.
pub(crate) struct Clear(pub(crate) &'static dyn Rebuilt);

impl Work for Clear {
    /// Whether there is more.
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let name = self.0.outline().name;
        let found = alone(tx, name).await?.filter(|status| status.phase == Phase::Clearing);
        if found.is_none() {
            return Ok(false);
        }
        let is_more = self.0.shadow().clear(tx, CLEARED_AT_ONCE).await?;
        if !is_more {
            tx.execute(&CLEARED, params![name]).await?;
        }
        Ok(is_more)
    }
}
