//! Starting the processes, telling when the fleet is ready, and ending them in their turn.

use std::io::IsTerminal;
use std::process::ExitCode;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::telemetry::{self, LogFormat};
use tradewind_chassis::{
    Assembly, DataFolder, Description, DoorKind, HandedSocket, Host, INTERNAL_SECRET, Network,
    PlatformSettings, Running, Scope, Storage,
};
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::{Stop, require_finished};

use crate::arguments::Up;
use crate::processes::certificates::Certificates;
use crate::processes::child::Nursery;
use crate::processes::desk;
use crate::processes::fleet::{Fleet, until_stopped};
use crate::processes::foreign;
use crate::processes::held::Held;
use crate::processes::keeper::Kept;
use crate::processes::member::{Member, Roll};
use crate::processes::output::Output;
use crate::processes::places::{self, Place};
use crate::processes::programs::Programs;
use crate::shop_address;
use crate::welcome::welcome;

/// How long a restart of one process may take, as a setting of the supervisor's door: its drain and the next start.
const PATIENCE: &str = "http.deadline=3m";

/// The exit status of a process that was asked to stop twice: 128 + SIGINT, as shells count.
const STOPPED_AT_ONCE: u8 = 130;

/// What is to be started.
struct Plan {
    folder: DataFolder,
    certificates: Option<Certificates>,
    members: Vec<(Member, Held)>,
    platform: PlatformSettings,
    all: Vec<Description>,
    /// The socket of the supervisor's own door.
    own: std::net::TcpListener,
    programs: Programs,
}

pub(crate) fn run(options: &Up) -> Result<ExitCode, String> {
    let plan = plan(options)?;
    telemetry::init(&plan.platform.log).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(supervise(options, plan))
}

/// Settings first, then programs, then sockets: what is wrong is told before anything runs.
fn plan(options: &Up) -> Result<Plan, String> {
    let settings = options.settings.read()?;
    let assembly = tradewind_fleet::assembly();
    let all = assembly.descriptions();
    let platform = assembly.check(&settings).map_err(|error| error.to_string())?;
    let programs = Programs::here()?;
    let programs = if options.watch { programs.with_sources()? } else { programs };
    let roll = Roll { options, platform: &platform, all: &all, programs: &programs };
    let chosen = roll.chosen()?;
    programs.provide(&chosen.iter().map(|(service, _)| service.as_str()).collect::<Vec<_>>())?;
    let folder =
        DataFolder::open_part(&options.data.data, desk::NAME, 1).map_err(|error| error.to_string())?;
    require_finished(&options.data.data)?;
    let certificates = certificates(options, &platform, &all)?;
    let held = places::bind(&chosen, &all, options.port, &platform)?;
    let mut shared = places::peers(&held, &all, options.port, &platform)?;
    if platform.log.format == LogFormat::Auto && std::io::stderr().is_terminal() {
        // What the processes write goes through a pipe: they cannot see that a person reads it.
        shared.push("log.format=text".to_owned());
    }
    shared.extend(shop_address::assignment(options.port, &settings));
    let mut foreign = Vec::new();
    for (name, process) in platform.processes.iter().filter(|(_, process)| !process.command.is_empty()) {
        if roll.is_wanted(name) {
            let certificates = certificates.as_ref();
            let environment = foreign::environment(name, process, &held, (&options.data.data, certificates))?;
            foreign.push((roll.foreign(name, process, environment)?, Held::bind(&[])?));
        }
    }
    let mut members = Vec::new();
    for Place { service, replica, held } in held {
        let own = certificates.as_ref().map(|certificates| certificates.settings(&service)).transpose()?;
        let settings = [&shared[..], &own.unwrap_or_default()].concat();
        members.push((roll.member(&service, replica, &settings), held));
    }
    members.extend(foreign);
    let own = places::bind_own(options.port)?;
    Ok(Plan { folder, certificates, members, platform, all, own, programs })
}

/// Services know each other by certificates, unless they shall not.
fn certificates(
    options: &Up,
    platform: &PlatformSettings,
    all: &[Description],
) -> Result<Option<Certificates>, String> {
    if options.plain {
        return Ok(None);
    }
    let sources = (Clock::system(), Entropy::system());
    Certificates::open(&options.data.data, platform, all, sources).map(Some)
}

async fn supervise(options: &Up, plan: Plan) -> Result<ExitCode, String> {
    let clock = Clock::system();
    // Before anything starts: a signal during the start must not leave processes behind.
    let mut stop = Stop::listen(false)?;
    let data = &options.data.data;
    eprintln!("tradewind {} starting on {}", env!("CARGO_PKG_VERSION"), data.display());
    let fleet = start(plan.members, (&plan.folder, plan.certificates), clock.clone())?;
    let address = plan.own.local_addr().map_err(|error| error.to_string())?.to_string();
    let running = match open_desk(&fleet, plan.folder, plan.own).await {
        Ok(running) => running,
        Err(message) => {
            fleet.stop(data).await;
            return Err(message);
        }
    };
    let prepared = async {
        let folder = running.folder().ok_or("the supervisor has no data folder")?;
        fleet.prepare(options, &plan.all, folder, &address).await
    };
    let prepared = tokio::select! {
        biased;
        () = stop.asked() => Ok(None),
        prepared = prepared => prepared.map(Some),
    };
    let outcome = match prepared {
        Ok(Some(late)) => {
            running.mark_ready();
            if options.watch {
                fleet.watch(plan.programs);
            }
            let late = if late.is_empty() { String::new() } else { format!(" without {}", late.join(", ")) };
            println!("\n{}", welcome(&fleet.doors(1), data));
            println!("ready in {:.2} s{late}; Ctrl-C stops", clock.monotonic().as_secs_f64());
            stop.asked().await;
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(message) => Err(message),
    };
    eprintln!("stopping: what was accepted is finished first; Ctrl-C again stops at once");
    tokio::select! {
        biased;
        () = async { fleet.stop(data).await; running.shutdown().await; } => {}
        () = stop.asked() => return Ok(ExitCode::from(STOPPED_AT_ONCE)),
    }
    outcome?;
    eprintln!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Starts all processes.
fn start(
    members: Vec<(Member, Held)>,
    (folder, certificates): (&DataFolder, Option<Certificates>),
    clock: Clock,
) -> Result<Fleet, String> {
    let entropy = Entropy::system();
    // Made before the processes start, which would each make their own.
    let secret = folder.secret(INTERNAL_SECRET, &entropy).map_err(|error| error.to_string())?;
    folder.instance(&entropy).map_err(|error| error.to_string())?;
    let labels: Vec<String> = members.iter().map(|(member, _)| member.label()).collect();
    let tasks = Scope::new("supervisor/processes");
    let nursery = Nursery { output: Output::new(&labels), clock: clock.clone(), tasks };
    let keep = |(member, held): (Member, Held)| Kept::keep(member, held, nursery.clone());
    let kept = members.into_iter().map(keep).collect();
    if let Some(certificates) = certificates.clone() {
        nursery
            .tasks
            .spawn("certificates", until_stopped(nursery.tasks.clone(), certificates.renew(clock.clone())));
    }
    Ok(Fleet { kept, secret, clock, entropy, nursery, certificates })
}

/// Opens the supervisor's own door.
async fn open_desk(
    fleet: &Fleet,
    folder: DataFolder,
    socket: std::net::TcpListener,
) -> Result<Running, String> {
    let own =
        fleet.certificates.as_ref().map(|certificates| certificates.settings(desk::NAME)).transpose()?;
    let settings = [vec![PATIENCE.to_owned()], own.unwrap_or_default()].concat();
    let settings = SettingsSource::new().overrides(&settings).map_err(|error| error.to_string())?;
    let handed = HandedSocket { service: desk::NAME.to_owned(), kind: DoorKind::Internal, socket };
    let host = Host {
        clock: fleet.clock.clone(),
        entropy: fleet.entropy.fork("desk"),
        settings,
        storage: Storage::Folder(folder),
        network: Network::Handed(vec![handed]),
    };
    let assembly = Assembly::new(vec![desk::service(fleet.kept.clone())]);
    assembly.start(host, &mut |_, _| {}).await.map_err(|error| error.to_string())
}
