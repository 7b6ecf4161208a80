//! Takes the money for tickets that are wanted.

use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::{Context, Principal};
use tradewind_problem::{CONFLICT, Problem};

use super::Tickets;
use super::store::{self, Settle, Wanted};
use crate::contract::{Charge, PRICE, TICKETS, WalletsClient};

/// The pause between two looks at what is wanted.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// By what wallets can tell that they have taken the money for a ticket already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// A new key for each payment that is made.
    OfThePayment,
    /// One key for each ticket, however often it takes to have it paid.
    OfTheTicket,
}

/// Pays for everything that is wanted. What fails does not keep the others, and is tried again.
pub(super) async fn all(tickets: Arc<Tickets>) -> Result<Duration, Problem> {
    let mut failure = None;
    for wanted in store::wanted(&tickets.db).await? {
        if let Err(problem) = one(&tickets, wanted).await {
            failure = Some(problem);
        }
    }
    failure.map_or(Ok(PAUSE), Err)
}

async fn one(tickets: &Tickets, (ticket, holder, correlation): Wanted) -> Result<(), Problem> {
    let begun = Context::begin(Principal::Service(TICKETS.to_owned()), &tickets.clock, &tickets.entropy);
    let context = Context { correlation: correlation.unwrap_or(begun.correlation), ..begun };
    let key = match tickets.keys {
        Keys::OfThePayment => tickets.entropy.id(&tickets.clock),
        Keys::OfTheTicket => ticket,
    };
    let wallets = WalletsClient(tickets.wallets.caller_in(context.clone()));
    let charge = Charge { purpose: format!("ticket {ticket}"), cents: PRICE };
    let is_paid = match wallets.charge(&holder, &charge, &key.to_string()).await {
        Ok(()) => true,
        Err(problem) if problem.is(&CONFLICT) => false,
        Err(problem) => return Err(problem),
    };
    Ok(tickets.db.write(&context, Settle { ticket, is_paid }).await?)
}
