//! Who may buy on account, and how much of their credit is reserved.

mod actions;
mod config;
mod error;
mod http;
mod jobs;
mod listen;
mod mutants;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_customers_contract::{
    CreditRefused, CreditReleased, CreditReservationExpired, CreditReservationLost, CreditReserved,
    CustomerRegistered, InvoiceCredited, InvoiceIssued, SERVICE,
};

use crate::config::Settings;
use crate::state::Customers;

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Who may buy on account, and how much of their credit is reserved.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .audited()
        .public(8040, http::public())
        .internal(8140, http::internal())
        .follows(listen::orders())
        .follows(listen::accounts())
        .promises::<CustomerRegistered>()
        .promises::<CreditReserved>()
        .promises::<CreditRefused>()
        .promises::<CreditReleased>()
        .promises::<CreditReservationExpired>()
        .promises::<CreditReservationLost>()
        .promises::<InvoiceIssued>()
        .promises::<InvoiceCredited>()
        .self_paced_job("sweep-reservations", jobs::FIRST_SWEEP, jobs::sweep)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Customers, String> {
    Ok(Customers {
        db: init.db.clone(),
        held: init.sweep(&store::HELD, init.settings.reservation_ttl),
        reservation_ttl: init.settings.reservation_ttl,
    })
}
