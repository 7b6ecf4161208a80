//! Holds money for a charge.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Money};
use tradewind_provider_contract::{CardToken, ChargeState, DeclineReason};

use crate::actions::{Outcome, book, tell};
use crate::error;
use crate::store::{self, Booked, Entry, Moved, Telling};

pub(crate) struct Authorise {
    pub(crate) reference: Id,
    pub(crate) amount: Money,
    pub(crate) card: CardToken,
    /// Whether it is declined though the card would accept.
    pub(crate) decline: bool,
    pub(crate) telling: Option<Telling>,
}

impl Work for Authorise {
    type Output = Outcome;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Outcome, DbError> {
        let Self { reference, amount, card, .. } = *self;
        if amount.minor() <= 0 {
            return Ok(Err(error::field("/amount", "a charge is more than nothing")));
        }
        if let Some(booked) = store::find_in(tx, reference).await? {
            return Ok(self.again(booked));
        }
        let Some(behaviour) = store::behaviour(tx, card).await? else {
            return Ok(Err(error::field("/card", "there is no card with this token")));
        };
        let reason = behaviour.or(self.decline.then_some(DeclineReason::InsufficientFunds));
        let state = if reason.is_some() { ChargeState::Declined } else { ChargeState::Authorised };
        store::add(tx, &Entry { reference, card: Some(card), amount, state, reason }).await?;
        match reason {
            Some(reason) => tell(tx, reference, self.telling).await.map(|_| Err(reason.problem())),
            None => book(tx, reference, (Moved::Authorised, amount), self.telling).await,
        }
    }
}

impl Authorise {
    /// The answer to a charge that is in the books.
    fn again(&self, booked: Booked) -> Outcome {
        let Booked { charge, card, reason } = booked;
        if charge.state == ChargeState::Cancelled {
            return Err(error::cancelled());
        }
        if charge.amount != self.amount || card != Some(self.card) {
            return Err(error::other_charge());
        }
        reason.map_or(Ok(charge), |reason| Err(reason.problem()))
    }
}
