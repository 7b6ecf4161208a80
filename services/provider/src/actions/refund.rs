//! Gives a part of what was captured back, never more than that.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Money};

use crate::actions::{Outcome, book};
use crate::error;
use crate::store::{self, Moved, Telling};

pub(crate) struct Refund {
    pub(crate) reference: Id,
    pub(crate) refund: Id,
    pub(crate) amount: Money,
    pub(crate) telling: Option<Telling>,
}

impl Work for Refund {
    type Output = Outcome;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Outcome, DbError> {
        let Self { reference, refund, amount, telling } = *self;
        if amount.minor() <= 0 {
            return Ok(Err(error::field("/amount", "a refund is more than nothing")));
        }
        let Some(booked) = store::find_in(tx, reference).await? else {
            return Ok(Err(error::no_charge()));
        };
        let charge = booked.charge;
        if charge.amount.currency() != amount.currency() {
            let currency = charge.amount.currency();
            return Ok(Err(error::field("/amount/currency", &format!("the charge is in {currency}"))));
        }
        match store::refunded(tx, reference, refund).await? {
            Some(minor) if minor == amount.minor() => return Ok(Ok(charge)),
            Some(_) => return Ok(Err(error::other_refund())),
            None => {}
        }
        if !store::refund(tx, reference, refund, amount).await? {
            return Ok(Err(error::exceeds()));
        }
        book(tx, reference, (Moved::Refunded, amount), telling).await
    }
}
