//! `tradewind up`: the whole fleet in this process.

use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{DataFolder, Drained, Host, Running, Storage, telemetry};
use tradewind_fleet::{FleetFile, Seeder};
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::require_finished;

use crate::arguments::Up;
use crate::marks::SEEDED;
use crate::shop_address;
use crate::welcome::{network, passwords, welcome};

/// The exit status of a process that was asked to stop twice: 128 + SIGINT, as shells count.
const STOPPED_AT_ONCE: u8 = 130;

/// How long the services may take to hear of each other at the start.
const CATCH_UP: Duration = Duration::from_secs(60);

pub(crate) fn run(options: &Up) -> Result<ExitCode, String> {
    #[cfg(feature = "fault-points")]
    tradewind_process::fault::arm()?;
    let settings = shop_address::known(options.port, options.settings.read()?);
    let settings = settings.map_err(|error| error.to_string())?;
    let platform = tradewind_fleet::assembly().check(&settings).map_err(|error| error.to_string())?;
    telemetry::init(&platform.log).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(serve(options, settings))
}

async fn serve(options: &Up, settings: SettingsSource) -> Result<ExitCode, String> {
    let clock = Clock::system();
    let failed = |error: std::io::Error| format!("signals cannot be heard: {error}");
    // Before anything starts: a signal during the start must not kill half-done work.
    let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let data = &options.data.data;
    let folder = DataFolder::open(data).map_err(|error| error.to_string())?;
    require_finished(data)?;
    eprintln!("tradewind {} starting on {}", env!("CARGO_PKG_VERSION"), data.display());
    let host = Host {
        clock: clock.clone(),
        entropy: Entropy::system(),
        settings,
        storage: Storage::Folder(folder),
        network: network(options.port),
    };
    let mut progress = |service: &str, step: &str| eprintln!("  {service}: {step}");
    let running = tradewind_fleet::assembly().start(host, &mut progress).await;
    let running = running.map_err(|error| error.to_string())?;
    let prepared = prepare(&running, options.no_seed).await;
    if let Err(message) = prepared {
        running.shutdown().await;
        return Err(message);
    }
    running.mark_ready();
    let took = clock.monotonic();
    println!("\n{}", welcome(&FleetFile::new(&running.doors()).doors, data));
    let without: Vec<&str> = running.absent().iter().map(|(service, _)| *service).collect();
    let without = if without.is_empty() { String::new() } else { format!(" without {}", without.join(", ")) };
    println!("ready in {:.2} s{without}; Ctrl-C stops", took.as_secs_f64());
    let (mut interrupt, mut terminate) = (interrupt, terminate);
    next_signal(&mut interrupt, &mut terminate).await;
    tokio::select! {
        biased;
        code = stop(running) => Ok(code),
        // Asked twice, a process goes at once: whoever asks has lost patience.
        () = next_signal(&mut interrupt, &mut terminate) => Ok(ExitCode::from(STOPPED_AT_ONCE)),
    }
}

/// Fills the shop on its first start and tells the command line where the doors are.
async fn prepare(running: &Running, no_seed: bool) -> Result<(), String> {
    let Some(folder) = running.folder() else {
        return Ok(());
    };
    let file = FleetFile::new(&running.doors()).to_json().map_err(|error| error.to_string())?;
    folder.write_document(FleetFile::NAME, &file).map_err(|error| error.to_string())?;
    for (service, reason) in running.absent() {
        eprintln!("  {service} does not run: {reason}");
    }
    // A shop that is not whole is filled when it is.
    if running.absent().is_empty() && !folder.path().join(SEEDED).exists() {
        let is_empty = is_empty(running).await?;
        if !no_seed && !is_empty {
            eprintln!("  the shop is there already and is not filled");
        } else if !no_seed {
            eprintln!("  filling the shop");
            let (book, secret) = (running.book().clone(), running.secret().clone());
            let seeder = Seeder::new(book, secret, running.clock().clone(), running.entropy().fork("seed"));
            let failed = |problem| format!("the shop could not be filled: {problem}");
            seeder.goods().await.map_err(failed)?;
            seeder.pictures().await.map_err(failed)?;
            println!("\n{}", passwords(&seeder.people().await.map_err(failed)?));
        }
        let text = format!("{{\"goods\": {}}}\n", !no_seed && is_empty);
        folder.write_document(SEEDED, &text).map_err(|error| error.to_string())?;
    }
    running.caught_up(CATCH_UP).await.map_err(|error| error.to_string())
}

/// Whether the shop was never filled, from this folder or another one: databases on a server outlive a folder. Accounts
/// come last, so that a fill that was interrupted is done again.
async fn is_empty(running: &Running) -> Result<bool, String> {
    let Some(customers) = running.database("customers") else { return Ok(false) };
    Ok(tradewind_events::head(customers).await.map_err(|error| error.to_string())? == 0)
}

async fn next_signal(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

async fn stop(running: Running) -> ExitCode {
    if let Some(folder) = running.folder() {
        // The command line must not knock at doors that are gone.
        std::fs::remove_file(folder.path().join(FleetFile::NAME)).unwrap_or_default();
    }
    eprintln!("stopping: what was accepted is finished first; Ctrl-C again stops at once");
    match running.shutdown().await {
        Drained::Clean => {
            eprintln!("stopped");
            ExitCode::SUCCESS
        }
        Drained::Forced { dropped } => {
            eprintln!("stopped at the deadline; {dropped} tasks were dropped");
            ExitCode::FAILURE
        }
    }
}
