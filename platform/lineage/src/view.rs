//! One process, held against its definition.

use serde::Serialize;
use tradewind_events::Recorded;
use tradewind_kernel::{Id, Timestamp};
use tradewind_saga::History;

use crate::process::{Process, Step};
use crate::seen::{Owned, Seen};

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// What it waits for has not happened; the process may never come to it.
    Ahead,
    /// It is waited for.
    Waiting,
    /// It is done.
    Done,
    /// It was refused.
    Refused,
    /// It was done, and is taken back or lost.
    Undone,
    /// The process ended before it was decided.
    Passed,
}

/// One step of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub state: StepState,
    /// Who decided it, or who may.
    pub owners: Vec<String>,
    /// The type of the event that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Until when it is to be decided, while it is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Whether that is past.
    pub is_late: bool,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// The type of the event that ended it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// One process: what happened, what remains, what an undo would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The name of its definition.
    pub process: &'static str,
    /// Which one.
    pub id: Id,
    /// When it began; none when its first event is not kept any more.
    pub began: Option<Timestamp>,
    /// How it ended; none while it is under way.
    pub ended: Option<Ending>,
    /// Whether a step is late, a saga is stuck, or an event of it is parked.
    pub is_stuck: bool,
    /// Why it is stuck, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stuck_because: Vec<String>,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// The sagas that lead parts of it.
    pub sagas: Vec<Owned<History>>,
    /// What is still to come if nothing is refused: steps, and behind a colon those of the saga that leads them.
    pub remains: Vec<String>,
    /// What an undo would take back now, in this sequence; empty once it has ended.
    pub would_undo: Vec<String>,
}

impl View {
    /// Holds what was `seen` of the process called `id` against its definition, at the time `now`.
    #[must_use]
    pub fn of(process: &Process, id: Id, seen: &Seen, now: Timestamp) -> Self {
        let events = seen.in_order();
        let time = |event: &Owned<Recorded>| event.what.event.time;
        let is = |event: &&&Owned<Recorded>, kind: &str| event.what.event.kind == kind;
        let began = events.iter().find(|event| is(event, process.begins)).map(|event| time(event));
        let end = events.iter().find(|event| process.ends.iter().any(|kind| is(event, kind)));
        let ended = end.map(|end| Ending { by: end.what.event.kind.clone(), at: time(end) });
        let steps: Vec<StepView> =
            process.steps.iter().map(|step| StepView::of(step, &events, ended.is_some(), now)).collect();
        let stuck_because = stuck(&steps, seen, ended.is_some());
        let sagas = seen.sagas.clone();
        let is_over = ended.is_some();
        Self {
            process: process.name,
            id,
            began,
            is_stuck: !stuck_because.is_empty(),
            stuck_because,
            remains: remains(process, &steps, &sagas, is_over),
            would_undo: if is_over { Vec::new() } else { would_undo(process, &steps, &sagas) },
            ended,
            steps,
            sagas,
        }
    }
}

impl StepView {
    fn of(step: &Step, events: &[&Owned<Recorded>], has_ended: bool, now: Timestamp) -> Self {
        let last = |kinds: &[&str]| {
            let of_kind = |at: &usize| kinds.contains(&events[*at].what.event.kind.as_str());
            (0..events.len()).rev().find(of_kind)
        };
        let begun = last(&[step.after]);
        let decided = [
            (StepState::Done, last(step.done)),
            (StepState::Refused, last(step.refused)),
            (StepState::Undone, last(step.undone)),
        ];
        let latest =
            decided.into_iter().filter_map(|(state, at)| Some((at?, state))).max_by_key(|(at, _)| *at);
        let fact = latest.map(|(at, _)| events[at]);
        let state = match latest {
            Some((_, state)) => state,
            None if has_ended => StepState::Passed,
            None if begun.is_some() => StepState::Waiting,
            None => StepState::Ahead,
        };
        let since = begun.map(|at| events[at].what.event.time);
        let due = since.zip(step.within).filter(|_| state == StepState::Waiting);
        let due = due.map(|(since, within)| since.plus(within));
        Self {
            name: step.name,
            state,
            owners: fact.map_or_else(
                || step.owners.iter().map(|&owner| owner.to_owned()).collect(),
                |fact| vec![fact.service.clone()],
            ),
            by: fact.map(|fact| fact.what.event.kind.clone()),
            at: fact.map(|fact| fact.what.event.time),
            due,
            is_late: due.is_some_and(|due| due < now),
        }
    }
}

fn stuck(steps: &[StepView], seen: &Seen, has_ended: bool) -> Vec<String> {
    let late = steps.iter().filter(|step| step.is_late && !has_ended).map(|step| {
        let due = step.due.map_or_else(String::new, |due| format!(" by {due}"));
        format!("{} was to be decided{due} by {}", step.name, step.owners.join(" or "))
    });
    let sagas = seen.sagas.iter().filter(|saga| saga.what.is_stuck).map(|saga| {
        let History { saga: name, step, last_error, attempts, .. } = &saga.what;
        let step = step.as_deref().unwrap_or("?");
        let said = last_error.as_deref().unwrap_or("it waits for a signal");
        format!("{}/{name} does not get past {step}, {attempts} attempts so far: {said}", saga.service)
    });
    let letters = seen.letters.iter().map(|letter| {
        let summary = &letter.what;
        format!(
            "{} could not handle {} #{} and parked it: {}",
            letter.service, summary.kind, summary.sequence, summary.last_error
        )
    });
    late.chain(sagas).chain(letters).collect()
}

/// The saga that leads a step, if it was seen.
fn led<'a>(step: &Step, sagas: &'a [Owned<History>]) -> Option<&'a Owned<History>> {
    sagas.iter().find(|saga| {
        step.saga == Some(saga.what.saga.as_str()) && step.owners.contains(&saga.service.as_str())
    })
}

fn remains(process: &Process, steps: &[StepView], sagas: &[Owned<History>], is_over: bool) -> Vec<String> {
    let mut remains = Vec::new();
    for (step, view) in process.steps.iter().zip(steps) {
        let is_to_come = matches!(view.state, StepState::Ahead | StepState::Waiting);
        if is_over || !is_to_come {
            continue;
        }
        let of_saga = led(step, sagas).and_then(|saga| saga.what.remains.as_ref());
        match of_saga {
            Some(of_saga) if !of_saga.is_empty() => {
                remains.extend(of_saga.iter().map(|inner| format!("{}: {inner}", step.name)));
            }
            _ => remains.push(step.name.to_owned()),
        }
    }
    remains
}

/// The sagas first: what they did came last.
fn would_undo(process: &Process, steps: &[StepView], sagas: &[Owned<History>]) -> Vec<String> {
    let mut undo = Vec::new();
    for (step, view) in process.steps.iter().zip(steps).rev() {
        if let Some(of_saga) = led(step, sagas).and_then(|saga| saga.what.would_undo.as_ref()) {
            undo.extend(of_saga.iter().map(|inner| format!("{}: undo {inner}", step.name)));
        }
        if let (StepState::Done, Some(text)) = (view.state, step.undo) {
            undo.push(format!("{}: {text}", step.name));
        }
    }
    undo
}
