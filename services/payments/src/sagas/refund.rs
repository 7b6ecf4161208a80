//! Gives money back: asks the provider, and books it when it is done.

use std::sync::Arc;

use tradewind_saga::{Call, Chore, Errand, Local, Saga, Setback};

use crate::actions::change::GivingBack;
use crate::actions::record::Record;
use crate::domain::Command;
use crate::state::Payments;

pub(crate) fn refund() -> Saga<Payments, GivingBack> {
    let begin =
        Local::new("begin", |payments, chore| record(payments, chore, None)).undo(|payments, chore| {
            let reason = chore.reason.as_ref().map_or_else(String::new, |reason| reason.code.clone());
            let command = Command::RecordNotRefunded { refund: chore.id, reason };
            record(payments, chore, Some(command))
        });
    let book = Local::new("book", |payments, chore: Chore<GivingBack>| {
        let command = Command::RecordRefunded { refund: chore.id };
        record(payments, chore, Some(command))
    });
    Saga::new("refund", 1).local(begin).call(Call::new("give-back", give_back).pivot()).local(book)
}

fn record(payments: &Payments, chore: Chore<GivingBack>, command: Option<Command>) -> Record<GivingBack> {
    let order = chore.data.order;
    Record { order, command, data: chore.data, processes: payments.processes.clone() }
}

async fn give_back(payments: Arc<Payments>, errand: Errand<GivingBack>) -> Result<GivingBack, Setback> {
    let GivingBack { order, amount } = errand.data;
    payments.provider.refund(errand.context, order, errand.id, amount).await?;
    Ok(errand.data)
}
