//! Calls a charge off, whatever it has come to.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_provider_contract::{Charge, ChargeState};

use crate::actions::{Outcome, book};
use crate::store::{self, Entry, Moved, Telling};

pub(crate) struct Cancel {
    pub(crate) reference: Id,
    pub(crate) telling: Option<Telling>,
}

impl Work for Cancel {
    type Output = Outcome;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Outcome, DbError> {
        let Some(booked) = store::find_in(tx, self.reference).await? else {
            return self.remember(tx).await;
        };
        match booked.charge.state {
            ChargeState::Authorised => self.void(tx, booked.charge).await,
            ChargeState::Captured => self.return_rest(tx, booked.charge).await,
            // Nothing is held and nothing has moved.
            ChargeState::Cancelled | ChargeState::Declined | ChargeState::Other => Ok(Ok(booked.charge)),
        }
    }
}

impl Cancel {
    /// Nobody has asked for it yet: whoever does so late is refused. Nobody is told, since nobody waits for it.
    async fn remember(&self, tx: &mut Tx) -> Result<Outcome, DbError> {
        let (reference, amount) = (self.reference, Money::from_minor(0, Currency::GBP));
        let entry = Entry { reference, card: None, amount, state: ChargeState::Cancelled, reason: None };
        store::add(tx, &entry).await?;
        let booked = store::find_in(tx, reference).await?;
        Ok(booked.map(|booked| booked.charge).ok_or_else(crate::error::no_charge))
    }

    async fn void(&self, tx: &mut Tx, charge: Charge) -> Result<Outcome, DbError> {
        if !store::void(tx, self.reference).await? {
            return Err(tx.conflict());
        }
        book(tx, self.reference, (Moved::Voided, charge.amount), self.telling).await
    }

    async fn return_rest(&self, tx: &mut Tx, charge: Charge) -> Result<Outcome, DbError> {
        if !store::return_rest(tx, self.reference, charge.refunded).await? {
            return Err(tx.conflict());
        }
        let rest = charge.captured.minor() - charge.refunded.minor();
        let rest = Money::from_minor(rest, charge.captured.currency());
        book(tx, self.reference, (Moved::Refunded, rest), self.telling).await
    }
}
