//! Who people and programs are: accounts, sign-in, tokens, and the keys for verifying them.

mod actions;
mod config;
mod domain;
mod error;
mod fields;
mod grants;
mod http;
mod jobs;
mod keyring;
mod passwords;
mod state;
mod store;

use tradewind_accounts_contract::{AccountRegistered, PersonErased, SERVICE};
use tradewind_chassis::{Definition, Init, Service};

use crate::config::Settings;
use crate::keyring::{Keyring, sealer};
use crate::passwords::{Memory, Passwords};
use crate::state::Accounts;

/// The secret of the data folder with which keys are sealed.
const SEALING_KEY: &str = "sealing-key";

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Who people and programs are, and the tokens that say so.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .audited()
        .keeps_secret(SEALING_KEY)
        .public(8090, http::public())
        .internal(8190, http::internal())
        .promises::<AccountRegistered>()
        .promises::<PersonErased>()
        .self_paced_job("rotate-keys", jobs::FIRST_ROTATION, jobs::rotate)
        .self_paced_job("forget-old", jobs::FIRST_FORGETTING, jobs::forget)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Accounts, String> {
    init.settings.check()?;
    let (settings, db, clock) = (&init.settings, init.db.clone(), init.clock.clone());
    let hashing = settings.hashing;
    let places = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Accounts {
        passwords: Passwords {
            blocking: init.blocking(places(hashing.at_once), places(hashing.waiting)),
            cost: settings.cost(),
            entropy: init.entropy.fork("passwords"),
            memory: Memory::default(),
        },
        keyring: Keyring {
            sealer: sealer(&settings.sealing_key, &init.secret(SEALING_KEY)?)?,
            db: db.clone(),
            clock: clock.clone(),
            entropy: init.entropy.fork("keys"),
            policy: settings.rotation(),
        },
        entropy: init.entropy.fork("tokens"),
        lockout: settings.lockout,
        issuer: init.access.issuer.clone(),
        audience: init.access.audience.clone(),
        access_token_ttl: settings.access_token_ttl,
        refresh_token_ttl: settings.refresh_token_ttl,
        db,
        clock,
    })
}
