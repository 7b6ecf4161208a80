//! The timeline as text: a line for each thing that happened.

use std::fmt::{self, Write as _};

use tradewind_sim::{Entry, Message, Outcome, What};

pub(super) fn write(outcome: &Outcome) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    lines(outcome, &mut text).unwrap_or_default();
    text
}

fn lines(outcome: &Outcome, to: &mut String) -> fmt::Result {
    writeln!(to, "seed {}, trace {}, {:?} simulated", outcome.seed, outcome.trace, outcome.simulated)?;
    for (kind, planned) in [("faults", &outcome.planned_faults), ("acts", &outcome.planned_acts)] {
        writeln!(to, "\n{kind} of the script: number, time after the faults begin, who, what")?;
        planned.iter().try_for_each(|(_, line)| writeln!(to, "  {line}"))?;
    }
    writeln!(to, "\nwhat happened: time since the run began, who, what (how long), correlation")?;
    outcome.journal.iter().try_for_each(|entry| writeln!(to, "{}", line(entry)))?;
    for failure in &outcome.failures {
        writeln!(to, "\ndid not hold: {}", failure.what)?;
        failure.rows.iter().try_for_each(|row| writeln!(to, "  {row}"))?;
        if !failure.line.is_empty() {
            writeln!(to, " its line:")?;
            failure.line.iter().try_for_each(|line| writeln!(to, "  {line}"))?;
        }
    }
    Ok(())
}

/// An entry with marks that the eye finds, and what a request took.
pub(super) fn line(entry: &Entry) -> String {
    let (time, what) = (entry.time(), &entry.what);
    match what {
        What::Note(text) => format!("{time} ---- {text} ----"),
        What::Message(message) => format!("{time}   {message}{}", rest(entry, message)),
        What::Fault { .. } | What::Broken(_) => format!("{time} {what}"),
        What::Node { .. } => format!("{time} * {what}"),
        _ => format!("{time}   {what}"),
    }
}

fn rest(entry: &Entry, message: &Message) -> String {
    let took = entry.at.saturating_sub(message.sent);
    let process = message.correlation.map_or_else(String::new, |id| format!(" ~{id}"));
    format!(" ({took:?}){process}")
}
