//! `tradewind backup`.

use std::path::Path;
use std::process::ExitCode;

use tradewind_backup::{BackupError, Extras, Fleet, Manifest, Stopped, Taken};
use tradewind_chassis::{DataFolder, DataFolderError};
use tradewind_db::Engine;
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::require_finished;

use crate::arguments::Backup;
use crate::doors::Doors;
use crate::marks::SEEDED;
use crate::progress::{heard, size, thousands};
use crate::table;

/// The version that a backup names.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(options: &Backup) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Backup) -> Result<ExitCode, String> {
    let clock = Clock::system();
    let (manifest, folder) = match (&options.check, &options.to) {
        (Some(folder), _) => (check(folder)?, folder),
        (None, Some(folder)) => (take(options, folder, &clock).await?, folder),
        (None, None) => return Err("say where to write to, with --to FOLDER".to_owned()),
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&manifest).map_err(|error| error.to_string())?);
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", told(&manifest));
    let took = clock.monotonic().as_secs_f64();
    if options.check.is_some() {
        println!("{} is whole: every file is as it was written ({took:.1} s).", folder.display());
    } else {
        println!("{} is a backup ({took:.1} s). {}", folder.display(), about_secrets(&manifest));
        println!("Restore it with: tradewind restore --from {} --data NEW-FOLDER", folder.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn about_secrets(manifest: &Manifest) -> &'static str {
    if manifest.secrets.is_empty() {
        "Secrets are not in it; a restored fleet makes its own."
    } else {
        "It holds the fleet's secrets: keep it where nobody else can read it."
    }
}

fn check(folder: &Path) -> Result<Manifest, String> {
    let backup = tradewind_backup::Backup::open(folder).map_err(|error| error.to_string())?;
    backup.check(&mut heard("is whole")).map_err(|error| error.to_string())?;
    Ok(backup.manifest().clone())
}

/// Whether a fleet has the data folder, or is said to run elsewhere, decides in which way it is copied.
async fn take(options: &Backup, to: &Path, clock: &Clock) -> Result<Manifest, String> {
    let data = &options.data.data;
    if !data.is_dir() {
        return Err(format!(
            "there is no data folder {}; name the one of the fleet with --data",
            data.display()
        ));
    }
    let documents = vec![SEEDED.to_owned()];
    let extras = Extras { data: data.clone(), documents, secrets: options.with_secrets };
    if options.running {
        return running(data, (to, &extras), clock).await?.map_err(|error| error.to_string());
    }
    let copied = match DataFolder::open(data) {
        Ok(folder) => stopped(options, &folder, (to, &extras), clock).await?,
        Err(DataFolderError::InUse { .. }) => running(data, (to, &extras), clock).await?,
        Err(error) => return Err(error.to_string()),
    };
    copied.map_err(|error| error.to_string())
}

async fn stopped(
    options: &Backup,
    folder: &DataFolder,
    (to, extras): (&Path, &Extras),
    clock: &Clock,
) -> Result<Result<Manifest, BackupError>, String> {
    require_finished(folder.path())?;
    let (assembly, settings) = (tradewind_fleet::assembly(), options.settings.read()?);
    let stored = assembly.open(folder, &settings, clock, &Entropy::system()).await;
    let stopped = Stopped { stored: stored.map_err(|error| error.to_string())? };
    eprintln!("copying the databases of {}, on which no fleet runs", folder.path().display());
    if stopped.stored.iter().any(|stored| stored.db.engine() == Engine::Postgres) {
        eprintln!("  they are on a server: make sure that no fleet runs on them from another data folder");
    }
    let copied = stopped.copy(to, extras, (clock.now(), PROGRAM), &mut heard("copied")).await;
    for stored in &stopped.stored {
        stored.db.close().await;
    }
    Ok(copied)
}

async fn running(
    data: &Path,
    (to, extras): (&Path, &Extras),
    clock: &Clock,
) -> Result<Result<Manifest, BackupError>, String> {
    let Doors { services, book, secret } = Doors::of(data)?;
    let fleet = Fleet { services, book, secret, clock: clock.clone(), entropy: Entropy::system() };
    eprintln!("copying the fleet that runs on {}; it goes on meanwhile", data.display());
    Ok(fleet.copy(to, extras, PROGRAM, &mut heard("copied")).await)
}

fn told(manifest: &Manifest) -> String {
    let heading = ["SERVICE", "TABLES", "ROWS", "SIZE"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(manifest.services.iter().map(|part| {
        let (tables, rows) = (part.tables.len().to_string(), thousands(part.rows()));
        vec![part.service.clone(), tables, rows, size(part.file.bytes)]
    }));
    let total: u64 = manifest.services.iter().map(|part| part.file.bytes).sum();
    let rows_total: u64 = manifest.services.iter().map(tradewind_backup::Part::rows).sum();
    rows.push(vec!["all".to_owned(), String::new(), thousands(rows_total), size(total)]);
    let fleet = match manifest.taken {
        Taken::Running => "a running fleet",
        Taken::Stopped => "a stopped fleet",
    };
    let Manifest { taken_at, engine, program, .. } = manifest;
    format!(
        "{}\nTaken at {taken_at} of {fleet} on {engine}, by tradewind {program}.\n",
        table::columns(&rows)
    )
}
