//! Objects: bytes under names, such as the pictures of products.

mod actions;
mod blobs;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_storage_contract::{KINDS, SERVICE};

use crate::blobs::Blobs;
use crate::config::Settings;
use crate::state::Storage;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Objects: bytes under names, such as the pictures of products.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8100, http::public())
        .internal(8200, http::internal())
        .self_paced_job("clean-up", jobs::FIRST_CLEANING, jobs::clean)
        .problems(KINDS)
        .build()
}

/// Where the files of blobs lie in the data folder.
const FOLDER: &str = "objects";

fn start(init: &mut Init<Settings>) -> Result<Storage, String> {
    init.settings.check()?;
    let settings = init.settings.clone();
    let folder = init.folder(FOLDER, settings.folder.as_deref())?;
    let disk = init.blocking(settings.at_once.into(), settings.waiting.into());
    Ok(Storage {
        db: init.db.clone(),
        entropy: init.entropy.fork("blobs"),
        blobs: Blobs::new(folder, disk)?,
        checking: init.blocking(settings.at_once.into(), settings.waiting.into()),
        uploads: init.blocking(settings.uploads.into(), settings.waiting.into()),
        limits: settings.limits(),
    })
}
