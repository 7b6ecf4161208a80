//! Comparing the shadows with the live tables, a part at a time. Both follow the same events in the same transactions, so
//! each part can be looked at in a moment of its own.

use tradewind_db::shadow::{Compared, RowKey, Table};
use tradewind_db::{DbError, Tx, Work};

use crate::{Phase, Rebuilt, state};

/// Keys that are looked at in one transaction.
const COMPARED_AT_ONCE: u32 = 1_000;

/// Keys of differing rows that are kept to be shown.
const MAX_SAMPLE: usize = 10;

/// How the shadows differ from the live tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    pub(crate) only_live: i64,
    pub(crate) only_rebuilt: i64,
    pub(crate) sample: Vec<String>,
}

impl Differences {
    pub(crate) fn add(&mut self, compared: Compared) {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.only_live = self.only_live.saturating_add(count(compared.only_live));
        self.only_rebuilt = self.only_rebuilt.saturating_add(count(compared.only_shadow));
        for key in compared.sample {
            // A row that is there on both sides and different is one of each.
            if self.sample.len() < MAX_SAMPLE && !self.sample.contains(&key) {
                self.sample.push(key);
            }
        }
    }
}

/// Compares the next part of a table; `None` when the rebuild is another one by now.
pub(crate) struct Compare {
    pub(crate) view: &'static dyn Rebuilt,
    pub(crate) round: i64,
    pub(crate) table: Table,
    pub(crate) after: Option<RowKey>,
}

impl Work for Compare {
    type Output = Option<Compared>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Compared>, DbError> {
        let status = state::find(tx, self.view.outline().name).await?;
        let is_this =
            status.is_some_and(|status| status.phase == Phase::Filled && status.rounds == self.round);
        if !is_this {
            return Ok(None);
        }
        let shadow = self.view.shadow();
        shadow.compare(tx, self.table, self.after.as_ref(), COMPARED_AT_ONCE).await.map(Some)
    }
}
