//! Start, serve, drain.

use std::io::Write;
use std::process::ExitCode;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    Assembly, DataFolder, DoorKind, Drained, Host, Network, PlatformSettings, Running, Service, Storage,
    telemetry,
};
use tradewind_kernel::{Clock, Entropy};

use crate::arguments::Arguments;
use crate::{Failure, Part, Stop, link, read_settings, require_finished};

/// The port that `--port` replaces.
const GATEWAY_PORT: i32 = 8080;

/// The exit status of a process that was asked to stop twice: 128 + SIGINT, as shells count.
const STOPPED_AT_ONCE: u8 = 130;

/// What is added to the number of a replica for its second name: there are never so many of them.
const SPARE: u32 = 1_000;

/// Writes a line for whoever started this process; nobody may be left to read it, which is no reason to fail.
macro_rules! tell {
    ($stream:ident, $($line:tt)*) => {
        writeln!(std::io::$stream().lock(), $($line)*).unwrap_or_default()
    };
}

pub(crate) fn run(service: Service, arguments: &Arguments) -> Result<ExitCode, Failure> {
    #[cfg(feature = "fault-points")]
    crate::fault::arm().map_err(Failure::of_settings)?;
    let settings =
        read_settings(arguments.config.as_deref(), &arguments.set).map_err(Failure::of_settings)?;
    let name = service.description().name.clone();
    let assembly = Assembly::new(vec![service]).beside(&arguments.beside);
    let platform = assembly.check(&settings).map_err(Failure::of_settings)?;
    require_replicas(&name, arguments.replica, &platform).map_err(Failure::of_settings)?;
    telemetry::init(&platform.log).map_err(Failure::of_settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    if arguments.migrate {
        return runtime.block_on(crate::migrate::run(assembly, settings, &arguments.data));
    }
    let network = network(&name, arguments)?;
    runtime.block_on(serve(assembly, &name, arguments, (settings, network)))
}

/// An embedded database has one process.
fn require_replicas(service: &str, replica: u32, platform: &PlatformSettings) -> Result<(), String> {
    if replica == 1 || platform.database.is_served(service) {
        return Ok(());
    }
    Err(format!(
        "replica {replica} needs a database that several processes can share: set database.url to a PostgreSQL server. \
         A SQLite file belongs to one process"
    ))
}

async fn serve(
    assembly: Assembly,
    name: &str,
    arguments: &Arguments,
    (settings, network): (SettingsSource, Network),
) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    // Before anything starts: a signal during the start must not kill half-done work.
    let mut stop = Stop::listen(arguments.supervised)?;
    let number = arguments.replica + if arguments.spare { SPARE } else { 0 };
    let folder = DataFolder::open_part(&arguments.data, name, number);
    let folder = folder.map_err(|error| error.to_string())?;
    require_finished(&arguments.data)?;
    let host = Host {
        clock: clock.clone(),
        entropy: Entropy::system(),
        settings,
        storage: Storage::Folder(folder),
        network,
    };
    let mut progress = |service: &str, step: &str| tell!(stderr, "{service}: {step}");
    let starting = assembly.start(host, &mut progress);
    let running = tokio::select! {
        biased;
        started = starting => started?,
        // Nothing was accepted yet.
        () = stop.asked() => return Ok(ExitCode::SUCCESS),
    };
    open(name, arguments, &running)?;
    tell!(stdout, "{name}: serving after {:.2} s", clock.monotonic().as_secs_f64());
    stop.asked().await;
    tokio::select! {
        biased;
        code = drain(name, running) => Ok(code),
        // Asked twice, a process goes at once: whoever asks has lost patience.
        () = stop.asked() => Ok(ExitCode::from(STOPPED_AT_ONCE)),
    }
}

/// Says that the doors are open, to all who look for them.
fn open(name: &str, arguments: &Arguments, running: &Running) -> Result<(), String> {
    let part = Part::new(name, arguments.replica, &running.doors());
    if let Some(folder) = running.folder() {
        part.write(folder)?;
    }
    running.mark_ready();
    if arguments.supervised {
        return link::tell_ready(std::io::stdin(), &part);
    }
    for (kind, address) in &part.doors {
        // The other doors take both.
        let is_tls = running.identity().is_some() && kind == DoorKind::Internal.name();
        let scheme = if is_tls { "https" } else { "http" };
        tell!(stdout, "{name}: {kind} door at {scheme}://{address}");
    }
    Ok(())
}

fn network(name: &str, arguments: &Arguments) -> Result<Network, String> {
    if arguments.supervised {
        return link::take_over(std::io::stdin(), name).map(Network::Handed);
    }
    Ok(match arguments.port {
        None => Network::Shifted(0),
        Some(0) => Network::Free,
        Some(port) => Network::Shifted(i32::from(port) - GATEWAY_PORT),
    })
}

async fn drain(name: &str, running: Running) -> ExitCode {
    tell!(stderr, "{name}: stopping: what was accepted is finished first");
    match running.shutdown().await {
        Drained::Clean => {
            tell!(stderr, "{name}: stopped");
            ExitCode::SUCCESS
        }
        Drained::Forced { dropped } => {
            tell!(stderr, "{name}: stopped at the deadline; {dropped} tasks were dropped");
            ExitCode::FAILURE
        }
    }
}
