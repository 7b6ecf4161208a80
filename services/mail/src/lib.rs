//! Mails that were asked for, written in two languages and sent; on a laptop into a mailbox that everybody sees there.

mod actions;
mod config;
mod courier;
mod domain;
mod error;
mod http;
mod jobs;
mod listen;
mod mutants;
mod state;
mod store;
mod templates;
mod way;

use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};
use tradewind_mail_contract::SERVICE;

use crate::config::Settings;
use crate::courier::{Counts, Courier};
use crate::state::Mails;
use crate::way::Way;

pub use mutants::MUTANTS;

/// The internal door of accounts, which knows the addresses of people.
const ACCOUNTS: &str = "accounts/internal";

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Mails that were asked for, sent by SMTP or kept in a laptop's mailbox.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8085, http::public())
        .admin(8086, http::admin())
        .internal(8185, Routes::new())
        .calls(ACCOUNTS)
        .follows(listen::notification())
        .follows(listen::accounts())
        .self_paced_job("deliver", jobs::FIRST_DELIVERY, jobs::deliver)
        .self_paced_job("forget-old", jobs::FIRST_FORGETTING, jobs::forget)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Mails, String> {
    let settings = init.settings.clone();
    settings.check()?;
    let accounts = init.dependency(ACCOUNTS).within(courier::CONTACT_LIMIT);
    let courier = Courier {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.fork("courier"),
        accounts,
        way: Way::new(&settings, &init.clock)?,
        sender: settings.sender()?,
        shop_url: settings.shop_url.clone(),
        schedule: settings.schedule(),
        hold: settings.hold(),
        concurrency: settings.concurrency.into(),
        counts: counts(init),
    };
    Ok(Mails {
        db: init.db.clone(),
        entropy: init.entropy.fork("mails"),
        courier,
        keep: settings.keep,
        mailbox_keep: settings.mailbox.keep,
    })
}

fn counts(init: &Init<Settings>) -> Counts {
    let counter = |name, help| init.metrics.counter(name, help);
    Counts {
        sent: counter("mail_sent_total", "Mails that a mail server has taken, or that lie in the mailbox"),
        attempts_failed: counter("mail_attempts_failed_total", "Attempts at which a mail was not taken"),
        unknown: counter("mail_unknown_total", "Attempts of which nobody knows whether the mail was taken"),
        given_up: counter("mail_given_up_total", "Mails that were refused for good, or tried too often"),
    }
}
