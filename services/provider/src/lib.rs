//! A provider of card payments that only pretends: its own service with its own books.

mod actions;
mod callbacks;
mod card_form;
mod cards;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod misbehaviour;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_provider_contract::{KINDS, SERVICE};

use crate::callbacks::Teller;
use crate::config::Settings;
use crate::misbehaviour::Misbehaviour;
use crate::state::Provider;

/// Whom charges are told to.
const PAYMENTS: &str = "payments/internal";

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "A provider of card payments that only pretends, with books of its own.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8065, http::public())
        .internal(8165, http::internal())
        .calls(PAYMENTS)
        .self_paced_job("tell-callbacks", jobs::FIRST_CALLBACK, jobs::tell)
        .self_paced_job("forget-old", jobs::FIRST_FORGETTING, jobs::forget)
        .problems(KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Provider, String> {
    init.settings.check()?;
    let settings = init.settings.clone();
    let payments = settings.callbacks.then(|| init.dependency_if_there(PAYMENTS).within(callbacks::DEADLINE));
    let entropy = init.entropy.fork("provider");
    Ok(Provider {
        db: init.db.clone(),
        teller: payments.map(|payments| Teller {
            payments,
            db: init.db.clone(),
            clock: init.clock.clone(),
            entropy: init.entropy.fork("callbacks"),
        }),
        misbehaviour: Misbehaviour { settings, entropy },
        assets: card_form::assets(),
    })
}
