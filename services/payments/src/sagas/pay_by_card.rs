//! Takes money from a card: has the provider keep the amount, waits until the order asks for it, and takes it. When the
//! card or the order says no before that, everything is undone at the provider.

use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_saga::{Call, Chore, Errand, Local, Reason, Saga, Setback, Wait};

use crate::actions::change::{CAPTURE, CardPayment};
use crate::actions::record::Record;
use crate::domain::Command;
use crate::state::Payments;

/// How long the provider may be away before the order is told that it cannot be paid.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long a provider keeps an amount.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(crate) fn card_payment() -> Saga<Payments, CardPayment> {
    Saga::new("card-payment", 1)
        .local(Local::new("begin", |payments, chore| record(payments, chore, |_| None)).undo(
            |payments, chore| {
                record(payments, chore, |chore| {
                    Some(Command::RecordUndone { reason: code(chore.reason.as_ref()) })
                })
            },
        ))
        .call(Call::new("authorise", authorise).undo(cancel).within(PATIENCE))
        .local(Local::new("record-authorised", |payments, chore| {
            record(payments, chore, |_| Some(Command::RecordAuthorised))
        }))
        .wait(Wait::signal(CAPTURE, KEPT, |_: &mut CardPayment, (): ()| Ok(())))
        .call(Call::new("take", capture).undo(cancel).within(PATIENCE))
        .local(
            Local::new("record-captured", |payments, chore| {
                record(payments, chore, |chore| Some(Command::RecordCaptured { refund: chore.id }))
            })
            .pivot(),
        )
}

fn record(
    payments: &Payments,
    chore: Chore<CardPayment>,
    command: impl FnOnce(&Chore<CardPayment>) -> Option<Command>,
) -> Record<CardPayment> {
    let (order, command): (Id, _) = (chore.id, command(&chore));
    Record { order, command, data: chore.data, processes: payments.processes.clone() }
}

fn code(reason: Option<&Reason>) -> String {
    reason.map_or_else(|| "cancelled".to_owned(), |reason| reason.code.clone())
}

async fn authorise(payments: Arc<Payments>, errand: Errand<CardPayment>) -> Result<CardPayment, Setback> {
    let CardPayment { amount, card } = errand.data.clone();
    payments.provider.authorise(errand.context, errand.id, amount, card).await?;
    Ok(errand.data)
}

async fn capture(payments: Arc<Payments>, errand: Errand<CardPayment>) -> Result<CardPayment, Setback> {
    payments.provider.capture(errand.context, errand.id).await?;
    Ok(errand.data)
}

async fn cancel(payments: Arc<Payments>, errand: Errand<CardPayment>) -> Result<CardPayment, Setback> {
    let cancelled: Result<(), Problem> = payments.provider.cancel(errand.context, errand.id).await;
    cancelled?;
    Ok(errand.data)
}
