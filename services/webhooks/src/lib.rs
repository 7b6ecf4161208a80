//! The public events of the fleet, sent to addresses of other systems.

mod actions;
mod config;
mod courier;
mod domain;
mod error;
mod http;
mod jobs;
mod keys;
mod listen;
mod offered;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_webhooks_contract::{KINDS, SERVICE};

use crate::config::Settings;
use crate::courier::{Counts, Courier};
use crate::keys::Keys;
use crate::state::Webhooks;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let about = "The public events of the fleet, sent to addresses of other systems.";
    let definition = Definition::new(SERVICE, about, start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8095, http::public())
        .internal(8195, http::internal())
        .self_paced_job("deliver", jobs::FIRST_DELIVERY, jobs::deliver)
        .self_paced_job("forget-old", jobs::FIRST_FORGETTING, jobs::forget)
        .keeps_secret(SEALING_KEY)
        .problems(KINDS);
    listen::all().into_iter().fold(definition, Definition::follows).build()
}

/// The secret that secrets of endpoints are sealed with, where the settings give none.
const SEALING_KEY: &str = "sealing-key";

fn start(init: &mut Init<Settings>) -> Result<Webhooks, String> {
    init.settings.check()?;
    let settings = init.settings.clone();
    let kept = init.secret(SEALING_KEY)?;
    let sealing_key = settings.sealing_key.clone().unwrap_or(kept);
    let keys = Keys::new(&sealing_key, init.entropy.fork("secrets"))?;
    let foreign = init.foreign(settings.allow_private);
    let courier = Courier {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.fork("courier"),
        foreign: foreign.clone(),
        keys: keys.clone(),
        schedule: settings.schedule(),
        timeout: settings.timeout,
        disable_after: settings.disable_after,
        concurrency: settings.concurrency.into(),
        counts: counts(init),
    };
    Ok(Webhooks {
        db: init.db.clone(),
        entropy: init.entropy.fork("webhooks"),
        keys,
        foreign,
        courier,
        overlap: settings.overlap,
        keep: settings.keep,
    })
}

fn counts(init: &Init<Settings>) -> Counts {
    let counter = |name, help| init.metrics.counter(name, help);
    Counts {
        delivered: counter("webhooks_delivered_total", "Messages that an endpoint has taken"),
        attempts_failed: counter(
            "webhooks_attempts_failed_total",
            "Attempts at which an endpoint took nothing",
        ),
        given_up: counter("webhooks_given_up_total", "Deliveries that were tried as often as they are tried"),
        disabled: counter(
            "webhooks_disabled_total",
            "Endpoints that were disabled because nothing arrives there",
        ),
    }
}
