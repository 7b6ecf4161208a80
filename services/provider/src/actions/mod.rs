//! One file per verb.

pub(crate) mod authorise;
pub(crate) mod cancel;
pub(crate) mod capture;
pub(crate) mod refund;
pub(crate) mod register_card;
pub(crate) mod tell;

use tradewind_db::{DbError, Tx};
use tradewind_kernel::{Id, Money};
use tradewind_problem::Problem;
use tradewind_provider_contract::Charge;

use crate::store::{self, Moved, Telling, outgoing};

/// What a charge became, or why it did not: a refusal is written down like a success.
pub(crate) type Outcome = Result<Charge, Problem>;

/// Books what moved with the change just made, and that it is to be told.
async fn book(
    tx: &mut Tx,
    reference: Id,
    (kind, amount): (Moved, Money),
    telling: Option<Telling>,
) -> Result<Outcome, DbError> {
    store::record(tx, reference, kind, amount).await?;
    tell(tx, reference, telling).await
}

/// Says that the change just made is to be told, and gives the charge as it is now.
async fn tell(tx: &mut Tx, reference: Id, telling: Option<Telling>) -> Result<Outcome, DbError> {
    outgoing::write(tx, reference, telling).await?;
    let booked = store::find_in(tx, reference).await?;
    Ok(booked.map(|booked| booked.charge).ok_or_else(crate::error::no_charge))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod races;
#[cfg(test)]
mod support;
