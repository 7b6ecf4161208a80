//! `tradewind why`.

use std::process::ExitCode;
use std::time::Duration;

use tradewind_chassis::telemetry::printable;
use tradewind_fleet::{ProcessDesk, Watcher, Why};
use tradewind_kernel::{Clock, Entropy, Timestamp};
use tradewind_lineage::{Entry, EntryKind, StepState, StepView, View};

use crate::arguments::Why as Options;
use crate::doors::Doors;
use crate::table;

/// The deepest indentation; what lies deeper is written at the same place.
const MAX_DEPTH: usize = 8;

/// The width of a detail, in characters; `--json` has the whole.
const DETAIL_WIDTH: usize = 100;

/// What the types of events begin with: that is the same in all, and left out for people.
const FAMILY: &str = "tradewind.";

pub(crate) fn run(options: &Options) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(tell(options))
}

async fn tell(options: &Options) -> Result<ExitCode, String> {
    let Doors { services, book, secret } = Doors::of(&options.data.data)?;
    let watcher = Watcher::new(services, book, secret, Clock::system(), Entropy::system());
    let why = ProcessDesk::new(watcher).why(options.order).await.map_err(|error| error.to_string())?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&why).map_err(|error| error.to_string())?);
    } else {
        print!("{}", told(&why));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(why: &Why) -> String {
    let mut text = head(&why.view);
    text.push_str(&steps(&why.view));
    for (title, all) in [("remains", &why.view.remains), ("an undo would", &why.view.would_undo)] {
        if !all.is_empty() {
            text.push_str(&format!("\n{title}:\n"));
            all.iter().for_each(|one| text.push_str(&format!("  {}\n", printable(one))));
        }
    }
    text.push_str("\nwhat happened, under what caused it:\n");
    let begin = why.line.entries.iter().map(|entry| entry.at).min().unwrap_or(Timestamp::from_micros(0));
    let width = why.line.entries.iter().map(|entry| entry.service.chars().count()).max().unwrap_or(0);
    for (at, depth) in why.line.tree() {
        text.push_str(&row(&why.line.entries[at], depth, begin, width));
    }
    for (service, until) in &why.pruned {
        text.push_str(&format!(
            "Events of {service} up to {until} are removed; some of this may be missing.\n"
        ));
    }
    text
}

fn head(view: &View) -> String {
    let state = match (&view.ended, view.is_stuck) {
        (Some(ending), _) => format!("ended at {} by {}", ending.at, short(&ending.by)),
        (None, true) => "is stuck".to_owned(),
        (None, false) => "is under way".to_owned(),
    };
    let began = view.began.map_or_else(|| "before what is kept".to_owned(), |began| format!("at {began}"));
    let mut text = format!("{} {} began {began} and {state}\n", view.process, view.id);
    for reason in &view.stuck_because {
        text.push_str(&format!("  stuck: {}\n", printable(reason)));
    }
    text
}

fn steps(view: &View) -> String {
    let rows = view.steps.iter().map(|step| {
        let by = step.by.as_deref().map(|by| format!("{} at {}", short(by), time(step)));
        let due = step.due.map(|due| format!("until {due}"));
        vec![
            step.name.to_owned(),
            state(step).to_owned(),
            step.owners.join(" or "),
            by.or(due).unwrap_or_default(),
        ]
    });
    let heading = ["STEP", "STATE", "OWNER", "BY"].map(str::to_owned).to_vec();
    format!("\n{}", table::columns(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()))
}

fn time(step: &StepView) -> String {
    step.at.map_or_else(String::new, |at| at.to_string())
}

fn state(step: &StepView) -> &'static str {
    match step.state {
        StepState::Ahead => "ahead",
        StepState::Waiting if step.is_late => "late",
        StepState::Waiting => "waiting",
        StepState::Done => "done",
        StepState::Refused => "refused",
        StepState::Undone => "taken back",
        StepState::Passed => "passed over",
    }
}

fn row(entry: &Entry, depth: usize, begin: Timestamp, width: usize) -> String {
    let mark = match entry.kind {
        EntryKind::Request => "→",
        EntryKind::Event => "●",
        EntryKind::Saga => "◆",
        EntryKind::Attempt => "!",
        EntryKind::Letter => "✉",
    };
    let indent = "  ".repeat(depth.min(MAX_DEPTH));
    let mut line = format!(
        "  {:>10}  {:<width$}  {indent}{mark} {}",
        after(entry.at.since(begin)),
        printable(&entry.service),
        printable(&short(&entry.what)),
    );
    if let Some(detail) = &entry.detail {
        let cut: String = detail.chars().take(DETAIL_WIDTH).collect();
        line.push_str(&format!("  {}", printable(&cut)));
    }
    if let Some(release) = &entry.release {
        line.push_str(&format!("  (release {})", printable(release)));
    }
    if let Some(micros) = entry.took_micros {
        line.push_str(&format!("  took {}", length(Duration::from_micros(micros))));
    }
    line + "\n"
}

fn after(duration: Duration) -> String {
    format!("+{}", length(duration))
}

fn length(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1_000.0;
    if millis < 1_000.0 { format!("{millis:.1} ms") } else { format!("{:.2} s", millis / 1_000.0) }
}

/// The type of an event without what is the same in all.
fn short(kind: &str) -> String {
    kind.strip_prefix(FAMILY).unwrap_or(kind).to_owned()
}
