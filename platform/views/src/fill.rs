//! Filling the shadows, a batch at a time.

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_eventstore::{DomainEvent, streams_after};

use crate::state::alone;
use crate::view::{Fact, View};
use crate::{Phase, mutants};

sql! {
    MOVE = "update view_state set reached = $2, applied = applied + $3 where view = $1";
    END = "update view_state set phase = 'filled', applied = applied + $2, filled_at = $3 where view = $1";
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// Events applied.
    pub events: u64,
}

/// Applies the next batch of whole streams to the shadows.
pub(crate) struct Fill<E: 'static> {
    pub(crate) view: &'static View<E>,
    pub(crate) batch: u32,
}

impl<E: DomainEvent> Work for Fill<E> {
    type Output = Filled;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Filled, DbError> {
        let outline = self.view.outline();
        let found = alone(tx, outline.name).await?.filter(|status| status.phase == Phase::Filling);
        // Another replica was faster, or it was called off.
        let Some(status) = found else { return Ok(Filled { events: 0 }) };
        let (written, is_end) = streams_after(tx, &status.reached, outline.streams, self.batch).await?;
        self.view.shadow().enter(tx);
        let last = written.len() - usize::from(mutants::BATCH_ROUNDED.is_planted() && !written.is_empty());
        for written in &written[..last] {
            let event: E = written.read()?;
            self.view.apply(tx, Fact { stream: &written.stream, at: written.at, event: &event }).await?;
        }
        self.view.shadow().leave(tx);
        let count = i64::try_from(written.len()).unwrap_or(i64::MAX);
        if is_end {
            let now = tx.now();
            tx.execute(&END, params![outline.name, count, now]).await?;
        } else if let Some(last) = written.last() {
            tx.execute(&MOVE, params![outline.name, last.stream, count]).await?;
        }
        Ok(Filled { events: written.len() as u64 })
    }
}
