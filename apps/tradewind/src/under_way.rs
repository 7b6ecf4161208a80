//! `tradewind processes`.

use std::process::ExitCode;

use tradewind_chassis::ProcessSummary;
use tradewind_fleet::{ProcessDesk, UnderWay, Watcher};
use tradewind_kernel::{Clock, Entropy, Timestamp};
use tradewind_lineage::Owned;

use crate::arguments::Processes;
use crate::doors::Doors;
use crate::table;

/// The width of an error in the list, in characters; `why` and `--json` have the whole.
const ERROR_WIDTH: usize = 60;

pub(crate) fn run(options: &Processes) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(list(options))
}

async fn list(options: &Processes) -> Result<ExitCode, String> {
    let Doors { services, book, secret } = Doors::of(&options.data.data)?;
    let clock = Clock::system();
    let desk = ProcessDesk::new(Watcher::new(services, book, secret, clock.clone(), Entropy::system()));
    let all = desk.under_way(options.stuck, options.limit).await.map_err(|error| error.to_string())?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?);
    } else {
        print!("{}", listed(&all, options.stuck, clock.now()));
    }
    let is_bad = options.stuck && all.stuck > 0;
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn listed(all: &UnderWay, only_stuck: bool, now: Timestamp) -> String {
    let mut text = String::new();
    if !all.processes.is_empty() {
        let heading = ["SERVICE", "PROCESS", "ID", "STATE", "STEP", "ATTEMPTS", "FOR", "LAST ERROR"];
        let mut rows = vec![heading.map(str::to_owned).to_vec()];
        rows.extend(all.processes.iter().map(|one| row(one, now)));
        text.push_str(&table::columns(&rows));
    }
    text.push_str(&match (all.stuck, only_stuck) {
        (0, true) => "No process is stuck.\n".to_owned(),
        (stuck, true) => format!("Stuck: {stuck}. See `tradewind why ORDER` for one of them.\n"),
        (stuck, false) => format!("Under way: {}, stuck: {stuck}.\n", all.under_way),
    });
    text
}

fn row(one: &Owned<ProcessSummary>, now: Timestamp) -> Vec<String> {
    let ProcessSummary { process, id, state, step, attempts, is_stuck, last_error, began, moved } = &one.what;
    let state = if *is_stuck { format!("{state}, stuck") } else { state.clone() };
    let error: String = last_error.as_deref().unwrap_or_default().chars().take(ERROR_WIDTH).collect();
    vec![
        one.service.clone(),
        process.clone(),
        id.to_string(),
        state,
        step.clone().unwrap_or_default(),
        attempts.to_string(),
        format!("{} s", now.since(moved.unwrap_or(*began)).as_secs()),
        table::plain(&error),
    ]
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Id;

    use super::*;

    fn summary(is_stuck: bool) -> Owned<ProcessSummary> {
        let what = ProcessSummary {
            process: "repair".to_owned(),
            id: Id::from_u128(1),
            state: "running".to_owned(),
            step: Some("fetch".to_owned()),
            attempts: 7,
            is_stuck,
            last_error: Some("no\nanswer".to_owned()),
            began: Timestamp::from_micros(0),
            moved: None,
        };
        Owned { service: "lamps".to_owned(), what }
    }

    #[test]
    fn a_list_says_who_is_stuck_for_how_long_and_how_many_there_are() {
        let now = Timestamp::from_micros(90_000_000);
        let all = UnderWay { under_way: 2, stuck: 1, processes: vec![summary(true)] };
        let text = listed(&all, false, now);
        assert!(
            text.contains("running, stuck") && text.contains("90 s") && text.contains("no answer"),
            "{text}"
        );
        assert!(text.ends_with("Under way: 2, stuck: 1.\n"), "{text}");
        let none = UnderWay { under_way: 0, stuck: 0, processes: Vec::new() };
        assert_eq!(listed(&none, true, now), "No process is stuck.\n");
        assert_eq!(listed(&none, false, now), "Under way: 0, stuck: 0.\n");
    }
}
