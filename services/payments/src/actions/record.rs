//! Records what came of something that was asked of the provider.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;

use crate::actions::change::{Change, Processes};
use crate::domain::Command;

/// A step of a process that records something, or nothing, and goes on with its data.
pub(crate) struct Record<D> {
    pub(crate) order: Id,
    pub(crate) command: Option<Command>,
    pub(crate) data: D,
    pub(crate) processes: Processes,
}

impl<D: Clone + Send + Sync + 'static> Work for Record<D> {
    type Output = D;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<D, DbError> {
        if let Some(command) = &self.command {
            let (command, processes) = (command.clone(), self.processes.clone());
            // What the provider did is recorded, or was: there is nothing to refuse.
            let _ = Change { order: self.order, command, processes }.run(tx).await?;
        }
        Ok(self.data.clone())
    }
}
