//! `tradewind views`.

use std::process::ExitCode;
use std::time::Duration;

use tradewind_fleet::{ViewDesk, ViewPhase, ViewStatus};
use tradewind_kernel::{Clock, Entropy};

use crate::arguments::{OfView, Views, ViewsCommand};
use crate::doors::Doors;
use crate::table;

/// How often progress is shown.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(crate) fn run(options: &Views) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Views) -> Result<ExitCode, String> {
    let Doors { services, book, secret } = Doors::of(&options.data)?;
    let desk = ViewDesk::new(services, book, secret, Clock::system(), Entropy::system());
    let said = |error: tradewind_fleet::ViewsError| error.to_string();
    match &options.command {
        ViewsCommand::List { service } => {
            let all = desk.list(service.as_deref()).await.map_err(said)?;
            print!("{}", listed(&all));
        }
        ViewsCommand::Status(OfView { service, view }) => {
            let view = desk.which(service, view.as_deref()).await.map_err(said)?;
            let status = desk.status(service, &view).await.map_err(said)?;
            print!("{}", shown(service, &status));
        }
        ViewsCommand::Rebuild { of: OfView { service, view }, accept, no_wait } => {
            let view = desk.which(service, view.as_deref()).await.map_err(said)?;
            desk.rebuild(service, &view, *accept).await.map_err(said)?;
            if *no_wait {
                println!("The rebuild of {view} is asked for; see `tradewind views status {service}`.");
                return Ok(ExitCode::SUCCESS);
            }
            return follow(&desk, service, &view).await;
        }
        ViewsCommand::Cancel(OfView { service, view }) => {
            let view = desk.which(service, view.as_deref()).await.map_err(said)?;
            desk.cancel(service, &view).await.map_err(said)?;
            println!("The rebuild of {view} is called off; the live view is as it was.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows how far it is until it is over, or waits for somebody. Ending the command ends no rebuild.
async fn follow(desk: &ViewDesk, service: &str, view: &str) -> Result<ExitCode, String> {
    let clock = Clock::system();
    loop {
        let status = desk.status(service, view).await.map_err(|error| error.to_string())?;
        match status.phase {
            ViewPhase::Live => {
                println!(
                    "{view} is rebuilt from {} events and swapped in.{}",
                    status.applied,
                    differing(&status)
                );
                return Ok(ExitCode::SUCCESS);
            }
            ViewPhase::Differs => {
                return Err(format!(
                    "the rebuild of {view} is not swapped in.{} Swap it in all the same with --accept, or give it up \
                     with `tradewind views cancel {service}`",
                    differing(&status)
                ));
            }
            _ => eprintln!("{}", progress(&status)),
        }
        clock.sleep(LOOK_AGAIN).await;
    }
}

fn progress(status: &ViewStatus) -> String {
    match status.phase {
        ViewPhase::Filling => {
            let percent = status.applied.saturating_mul(100) / status.total.max(1);
            format!("filling: {} of {} events, {percent} %", status.applied, status.total)
        }
        ViewPhase::Filled => "comparing with the live view".to_owned(),
        ViewPhase::Clearing => "swapped in; removing what was live before".to_owned(),
        other => phase(other).to_owned(),
    }
}

fn phase(phase: ViewPhase) -> &'static str {
    match phase {
        ViewPhase::Live => "live",
        ViewPhase::Asked => "asked for",
        ViewPhase::Filling => "filling",
        ViewPhase::Filled => "comparing",
        ViewPhase::Differs => "differs",
        ViewPhase::Clearing => "clearing",
    }
}

/// How the last rebuild differed, as a sentence; nothing, when it did not.
fn differing(status: &ViewStatus) -> String {
    match (status.only_live.unwrap_or(0), status.only_rebuilt.unwrap_or(0)) {
        (0, 0) => String::new(),
        (live, rebuilt) => {
            let sample = status.sample.as_deref().map(table::plain).unwrap_or_default();
            format!(" Rows that only the live view had: {live}, only the rebuilt one: {rebuilt} ({sample}).")
        }
    }
}

fn listed(all: &[(String, ViewStatus)]) -> String {
    if all.is_empty() {
        return "No views.\n".to_owned();
    }
    let mut rows = vec![["SERVICE", "VIEW", "VERSION", "STATE", "REBUILDS"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|(service, status)| {
        let state = phase(status.phase).to_owned();
        vec![
            service.clone(),
            status.view.clone(),
            status.version.to_string(),
            state,
            status.rounds.to_string(),
        ]
    }));
    table::columns(&rows)
}

fn shown(service: &str, status: &ViewStatus) -> String {
    let time =
        |time: Option<tradewind_kernel::Timestamp>| time.map_or("never".to_owned(), |time| time.to_string());
    let mut rows = vec![
        ("service", service.to_owned()),
        ("view", format!("{}, version {}", status.view, status.version)),
        ("state", phase(status.phase).to_owned()),
        ("rebuilds", status.rounds.to_string()),
        ("last begun", time(status.begun_at)),
        ("events applied", format!("{} of {}", status.applied, status.total)),
        ("last filled", time(status.filled_at)),
        ("last swapped in", time(status.swapped_at)),
    ];
    if let Some(only_live) = status.only_live {
        rows.push(("rows only live", only_live.to_string()));
        rows.push(("rows only rebuilt", status.only_rebuilt.unwrap_or(0).to_string()));
    }
    if let Some(sample) = &status.sample {
        rows.push(("such as", table::plain(sample)));
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    table::columns(&rows)
}
