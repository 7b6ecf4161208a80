//! `tradewind restore`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tradewind_backup::{Backup, Restored};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{DataFolder, Host, Network, Running, Storage};
use tradewind_fleet::{assembly, oracles, subscribed};
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::{UNFINISHED, require_finished};
use tradewind_verify::{Collector, Finding, Verdict, judge};

use crate::arguments::Restore;
use crate::marks::SEEDED;
use crate::progress::heard;
use crate::verify;

/// What a restored fleet is told when its backup does not: it is never filled with goods.
const NOT_SEEDED: &str = "{\"goods\": false}\n";

/// Every row was compared before the promises were judged.
const NOTHING_HELD: &str = "Where nothing was examined the backup holds nothing of the kind.\n";

pub(crate) fn run(options: &Restore) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Restore) -> Result<ExitCode, String> {
    let clock = Clock::system();
    let settings = options.settings.read()?;
    let backup = Backup::open(&options.from).map_err(|error| error.to_string())?;
    backup.fits(&assembly()).map_err(|error| error.to_string())?;
    require_empty(&options.data)?;
    eprintln!("reading {}", options.from.display());
    backup.check(&mut |_, _, _| ()).map_err(|error| error.to_string())?;
    let folder = DataFolder::open(&options.data).map_err(|error| error.to_string())?;
    eprintln!("restoring into {}", options.data.display());
    let restored = load(&backup, &folder, &settings, &clock).await?;
    eprintln!("every row was read back and is as in the backup; judging the promises");
    let findings = prove(folder, settings, Duration::from_secs(options.settle), &clock).await?;
    let is_clean = is_clean(&findings);
    if is_clean {
        let mark = options.data.join(UNFINISHED);
        std::fs::remove_file(&mark)
            .map_err(|error| format!("{} cannot be removed: {error}", mark.display()))?;
    }
    report(options, &restored, &findings, &clock)?;
    if is_clean {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("tradewind: {}", require_finished(&options.data).err().unwrap_or_default());
    Ok(ExitCode::FAILURE)
}

/// What may be in the target: the lock, and the passwords of databases that were made for it.
const MAY_BE_THERE: [&str; 2] = ["lock", "secrets"];

/// The target is nobody's: a fleet there would be overwritten in part.
fn require_empty(data: &Path) -> Result<(), String> {
    require_finished(data)?;
    let entries = match std::fs::read_dir(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        listed => listed.map_err(|error| format!("{} cannot be listed: {error}", data.display()))?,
    };
    let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    if names.all(|name| MAY_BE_THERE.contains(&name.as_str())) {
        return Ok(());
    }
    Err(format!("{} is not empty; name a data folder that is not there yet", data.display()))
}

async fn load(
    backup: &Backup,
    folder: &DataFolder,
    settings: &SettingsSource,
    clock: &Clock,
) -> Result<Restored, String> {
    let mark = serde_json::json!({ "from": backup.manifest().taken_at, "begun": clock.now() }).to_string();
    folder.write_document(UNFINISHED, &mark).map_err(|error| error.to_string())?;
    let seeded = backup.manifest().documents.iter().find(|document| document.name == SEEDED);
    let seeded = match seeded {
        Some(document) => backup.content(document).map_err(|error| error.to_string())?,
        None => NOT_SEEDED.into(),
    };
    let seeded = String::from_utf8_lossy(&seeded);
    folder.write_document(SEEDED, &seeded).map_err(|error| error.to_string())?;
    backup.restore_secrets(folder.path()).map_err(|error| error.to_string())?;
    let stored = assembly().open(folder, settings, clock, &Entropy::system()).await;
    let stored = stored.map_err(|error| error.to_string())?;
    let restored = backup.restore(&stored, &mut heard("restored")).await;
    for stored in &stored {
        stored.db.close().await;
    }
    restored.map_err(|error| error.to_string())
}

/// Starts the services without network, lets them handle what they had not, and asks the oracles.
async fn prove(
    folder: DataFolder,
    settings: SettingsSource,
    settle: Duration,
    clock: &Clock,
) -> Result<Vec<Finding>, String> {
    let entropy = Entropy::system();
    let (storage, network) = (Storage::Folder(folder), Network::None);
    let host = Host { clock: clock.clone(), entropy: entropy.clone(), settings, storage, network };
    let running = assembly().start(host, &mut |_, _| {}).await.map_err(|error| error.to_string())?;
    let findings = judged(&running, settle, clock, entropy).await;
    running.shutdown().await;
    findings
}

async fn judged(
    running: &Running,
    settle: Duration,
    clock: &Clock,
    entropy: Entropy,
) -> Result<Vec<Finding>, String> {
    if let Some((service, reason)) = running.absent().first() {
        return Err(format!("{service}: {reason}"));
    }
    let oracles = oracles().map_err(|error| error.to_string())?;
    running.caught_up(settle).await.map_err(|error| error.to_string())?;
    let collector = Collector {
        services: assembly().descriptions().into_iter().map(|service| service.name).collect(),
        subscribed: subscribed(),
        book: running.book().clone(),
        secret: running.secret().clone(),
        clock: clock.clone(),
        entropy,
    };
    let evidence = collector.collect(settle).await.map_err(|error| error.to_string())?;
    Ok(judge(&evidence.scratch, &oracles, evidence.is_quiet))
}

/// Where nothing was examined the backup holds nothing of the kind: every row was compared before.
fn is_clean(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| matches!(finding.verdict, Verdict::Clean | Verdict::Nothing))
}

fn report(options: &Restore, restored: &Restored, findings: &[Finding], clock: &Clock) -> Result<(), String> {
    if options.json {
        let report = serde_json::json!({ "services": restored.services, "findings": findings });
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
        return Ok(());
    }
    print!("{}", verify::told(findings, NOTHING_HELD));
    if is_clean(findings) {
        let took = clock.monotonic().as_secs_f64();
        println!("{} is a fleet again ({took:.1} s).", options.data.display());
        println!("Start it with: tradewind up --data {}", options.data.display());
    }
    Ok(())
}
