//! Hears what the provider tells of its own accord. It decides nothing: the provider is asked, not believed.

use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_kernel::{Id, Timestamp};
use tradewind_provider_contract::Callback;

use crate::actions::change::Processes;
use crate::actions::compare::{Compare, name};

sql! {
    KEEP = "insert into provider_callback (callback_id, order_id, state, received_at) values ($1, $2, $3, $4)
        on conflict (callback_id) do nothing";
    FORGET = "delete from provider_callback where received_at < $1";
}

pub(crate) struct HearCallback {
    pub(crate) id: Id,
    pub(crate) callback: Callback,
    pub(crate) processes: Processes,
}

impl Work for HearCallback {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Callback { reference, state, captured, refunded, .. } = self.callback;
        let now = tx.now();
        if tx.execute(&KEEP, params![self.id, reference, name(state), now]).await? == 0 {
            return Ok(());
        }
        let theirs = (state, captured.minor() - refunded.minor());
        Compare { order: reference, theirs, processes: self.processes.clone() }.run(tx).await
    }
}

/// Removes what was heard before `since`.
pub(crate) struct Forget(pub(crate) Timestamp);

impl Work for Forget {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&FORGET, params![self.0]).await.map(drop)
    }
}
