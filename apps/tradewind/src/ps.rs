//! `tradewind ps`: the processes of a fleet.

use std::process::ExitCode;
use std::time::Duration;

use crate::arguments::Ps;
use crate::processes::{ProcessView, Supervisor};
use crate::table;

/// How long the supervisor may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &Ps) -> Result<ExitCode, String> {
    let supervisor = Supervisor::of(&options.data.data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let processes = runtime.map_err(|error| error.to_string())?.block_on(supervisor.processes(LIMIT))?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&processes).map_err(|error| error.to_string())?);
    } else {
        print!("{}", table::columns(&rows(&processes)));
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(processes: &[ProcessView]) -> Vec<Vec<String>> {
    let heading = ["SERVICE", "REPLICA", "PROCESS", "STATE", "RESTARTS", "DOORS"].map(str::to_owned).to_vec();
    let row = |view: &ProcessView| {
        let doors: Vec<String> =
            view.doors.iter().map(|(kind, address)| format!("{kind} {address}")).collect();
        vec![
            view.service.clone(),
            view.replica.to_string(),
            view.process.map_or("-".to_owned(), |process| process.to_string()),
            state(view).to_owned(),
            view.restarts.to_string(),
            doors.join(", "),
        ]
    };
    std::iter::once(heading).chain(processes.iter().map(row)).collect()
}

fn state(view: &ProcessView) -> &'static str {
    match (view.ready, view.gave_up, view.process) {
        (true, ..) => "ready",
        (_, true, _) => "given up",
        (.., Some(_)) => "starting",
        (.., None) => "waiting",
    }
}
