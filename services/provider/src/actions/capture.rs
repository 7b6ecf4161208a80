//! Moves the whole amount that is held, once.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;
use tradewind_provider_contract::ChargeState;

use crate::actions::{Outcome, book};
use crate::error;
use crate::store::{self, Moved, Telling};

pub(crate) struct Capture {
    pub(crate) reference: Id,
    pub(crate) telling: Option<Telling>,
}

impl Work for Capture {
    type Output = Outcome;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Outcome, DbError> {
        let was_held = store::capture(tx, self.reference).await?;
        let Some(booked) = store::find_in(tx, self.reference).await? else {
            return Ok(Err(error::not_authorised()));
        };
        let charge = booked.charge;
        match (was_held, charge.state) {
            (true, _) => book(tx, self.reference, (Moved::Captured, charge.amount), self.telling).await,
            (false, ChargeState::Captured) => Ok(Ok(charge)),
            (false, _) => Ok(Err(error::not_authorised())),
        }
    }
}
