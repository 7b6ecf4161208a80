//! `tradewind restart`: one process after the other is swapped for a new one.

use std::process::ExitCode;
use std::time::Duration;

use tradewind_kernel::Clock;

use crate::arguments::Restart;
use crate::processes::{ProcessView, Supervisor};

/// How long the supervisor may take to say what runs.
const LIMIT: Duration = Duration::from_secs(10);

/// How long one process may take to be swapped.
const SWAP: Duration = Duration::from_secs(150);

pub(crate) fn run(options: &Restart) -> Result<ExitCode, String> {
    let supervisor = Supervisor::of(&options.data.data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(restart(&supervisor, &options.services))?;
    Ok(ExitCode::SUCCESS)
}

async fn restart(supervisor: &Supervisor, services: &[String]) -> Result<(), String> {
    let processes = supervisor.processes(LIMIT).await?;
    for service in services {
        if !processes.iter().any(|view| view.service == *service) {
            let names: Vec<&str> = processes.iter().map(|view| view.service.as_str()).collect();
            return Err(format!("no process is called {service}; there are {}", names.join(", ")));
        }
    }
    // They stand in the order in which they start: who is called comes first, so that nobody asks for what is not
    // there yet.
    let clock = Clock::system();
    for view in processes.iter().filter(|view| services.is_empty() || services.contains(&view.service)) {
        let began = clock.monotonic();
        let now = supervisor.restart(&view.service, view.replica, SWAP).await?;
        let took = clock.monotonic().saturating_sub(began);
        println!(
            "{}: process {} instead of {}, after {:.2} s",
            label(&now),
            number(&now),
            number(view),
            took.as_secs_f64()
        );
    }
    Ok(())
}

fn label(view: &ProcessView) -> String {
    if view.replica == 1 { view.service.clone() } else { format!("{}-{}", view.service, view.replica) }
}

fn number(view: &ProcessView) -> String {
    view.process.map_or("none".to_owned(), |process| process.to_string())
}
