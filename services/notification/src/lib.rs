//! Whom the shop tells what, by which way and in which language.

mod actions;
mod announce;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod listen;
mod state;
mod store;

use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};
use tradewind_notification_contract::{MailRequested, SERVICE};

use crate::config::Settings;
use crate::state::Notifier;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Whom the shop tells what, by which way and in which language.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8105, http::public())
        .internal(8205, Routes::new())
        .follows(listen::orders())
        .follows(listen::shipping())
        .follows(listen::payments())
        .follows(listen::customers())
        .follows(listen::accounts())
        .promises::<MailRequested>()
        .self_paced_job("forget-early", jobs::FIRST_ROUND, jobs::forget)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Notifier, String> {
    init.settings.check()?;
    Ok(Notifier {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.fork("notifier"),
        policy: init.settings.policy(),
    })
}
