//! `tradewind db`: making databases on a server, and bringing their schemas up to date.

use std::process::ExitCode;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{DataFolder, DatabaseSettings, PlatformSettings, StartError};
use tradewind_db::{PostgresOptions, provision};
use tradewind_kernel::{Clock, Entropy};

use crate::arguments::{Databases, DatabasesCommand, Provision};

pub(crate) fn run(options: &Databases) -> Result<ExitCode, String> {
    let settings = tradewind_process::read_settings(options.config.as_deref(), &options.set)?;
    let assembly = tradewind_fleet::assembly();
    let platform = assembly.check(&settings).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let folder = DataFolder::open(&options.data).map_err(|error| error.to_string())?;
    match &options.command {
        DatabasesCommand::Provision(provision) => runtime.block_on(make(&platform, &folder, provision)),
        DatabasesCommand::Migrate => runtime.block_on(migrate(settings, folder)),
    }
}

/// Makes a role and a database for each service, and keeps passwords that nobody gave in the data folder.
async fn make(
    platform: &PlatformSettings,
    folder: &DataFolder,
    options: &Provision,
) -> Result<ExitCode, String> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let admin = match &options.admin_url_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?
            .trim()
            .to_owned(),
        None => options.admin_url.clone().unwrap_or_default(),
    };
    let admin = PostgresOptions::parse(&admin).map_err(|wrong| format!("--admin-url: {wrong}"))?;
    let admin = if admin.has_database() { admin } else { admin.database("postgres") };
    let settings = &platform.database;
    for service in tradewind_fleet::assembly().descriptions() {
        let service = service.name;
        if settings.urls.contains_key(&service) {
            println!("{service}: has an address of its own in database.urls; left alone");
            continue;
        }
        let name = format!("{}{service}", settings.prefix);
        let (password, origin) = match settings.passwords.get(&service) {
            Some(password) => (password.clone(), format!("database.passwords.{service}")),
            None => {
                let file = DatabaseSettings::password_file(&service);
                let password = folder.secret(&file, &entropy).map_err(|error| error.to_string())?;
                (password, format!("{}/secrets/{file}", folder.path().display()))
            }
        };
        let done = provision::provision(&admin, &name, &password, &clock).await;
        let done = done.map_err(|error| {
            format!("{service}: {error}; --admin-url needs a role that may create roles and databases")
        })?;
        let what = match (done.role_is_new, done.database_is_new) {
            (true, true) => "made",
            (false, false) => "was there; its rights and password are set",
            _ => "completed",
        };
        println!("{service}: database and role {name} on {}: {what}; password: {origin}", admin.server());
    }
    Ok(ExitCode::SUCCESS)
}

/// Applies missing migrations of all services, one after the other.
async fn migrate(settings: SettingsSource, folder: DataFolder) -> Result<ExitCode, String> {
    let mut progress = |service: &str, step: &str| println!("{service}: {step}");
    let done = tradewind_fleet::assembly().migrate(settings, folder, &mut progress).await;
    let failed: Vec<StartError> = done.map_err(|error| error.to_string())?;
    for error in &failed {
        eprintln!("tradewind: {error}");
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
