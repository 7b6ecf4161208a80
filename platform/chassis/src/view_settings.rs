//! How much of a service's time the rebuild of a view may take.

use serde::{Deserialize, Serialize};

/// Section `views`: how much of the service's time a rebuild may take.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewSettings {
    /// Events applied in one transaction, about; the writer is held for so long.
    pub rebuild_batch: u32,
    /// How long a rebuild rests after each batch, in times that the batch took: with 2 it takes a third of the writer.
    pub rebuild_rest: u32,
}

impl Default for ViewSettings {
    fn default() -> Self {
        Self { rebuild_batch: 500, rebuild_rest: 2 }
    }
}

impl ViewSettings {
    /// Makes sure that a rebuild gets on, and that others do.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=100_000).contains(&self.rebuild_batch) {
            return Err("views.rebuild_batch: 1 to 100000".to_owned());
        }
        if self.rebuild_rest > 1_000 {
            return Err("views.rebuild_rest: at most 1000".to_owned());
        }
        Ok(())
    }
}
