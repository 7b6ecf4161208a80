//! Money by card: taken once for each order that is paid, and given back when it is called off.

mod actions;
mod announce;
#[cfg(test)]
mod asking_tests;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod listen;
mod mutants;
mod provider;
mod sagas;
mod state;
mod store;
mod views;

use std::sync::Arc;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_payments_contract::{
    PaymentAuthorised, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentReleased, RefundGranted,
    RefundRefused, RefundRequested, SERVICE,
};

use crate::actions::change::Processes;
use crate::config::Settings;
use crate::sagas::give_stray_back::stray;
use crate::sagas::pay_by_card::card_payment;
use crate::sagas::refund::refund;
use crate::state::Payments;

pub use mutants::MUTANTS;

/// The provider's internal door.
const PROVIDER: &str = "provider/internal";

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let (payments, refunds, strays) = (card_payment(), refund(), stray());
    let processes = Processes {
        payments: payments.instances(),
        refunds: refunds.instances(),
        strays: strays.instances(),
    };
    let start = move |init: &mut Init<Settings>| start(init, processes.clone());
    Definition::new(SERVICE, "Money by card: taken once, and given back when an order is called off.", start)
        .migrations(tradewind_eventstore::MIGRATIONS)
        .migrations(views::MIGRATIONS)
        .evidence(tradewind_eventstore::EVIDENCE)
        .evidence(store::EVIDENCE)
        .evidence(views::EVIDENCE)
        .audited()
        .public(8060, http::public())
        .internal(8160, http::internal())
        .follows(listen::orders())
        .follows(listen::customers())
        .follows(listen::accounts())
        .calls(PROVIDER)
        .saga(payments)
        .saga(refunds)
        .saga(strays)
        .promises::<PaymentAuthorised>()
        .promises::<PaymentDeclined>()
        .promises::<PaymentCaptured>()
        .promises::<PaymentReleased>()
        .promises::<PaymentRefunded>()
        .promises::<RefundRequested>()
        .promises::<RefundGranted>()
        .promises::<RefundRefused>()
        .self_paced_job("reconcile", jobs::FIRST_LOOK, jobs::reconcile)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>, processes: Processes) -> Result<Payments, String> {
    Ok(Payments {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.clone(),
        processes,
        provider: Arc::new(provider::Peer(init.dependency(PROVIDER))),
        reconcile_every: init.settings.reconcile_every,
    })
}
