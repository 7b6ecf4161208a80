//! What is done to a saga, case by case, found from its steps.

use std::fmt;

use crate::machine::STUCK_AFTER;
use crate::outline::{Outline, StepKind, StepOutline};

/// One thing that goes wrong at one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The step; empty where nothing goes wrong.
    pub step: String,
    /// What goes wrong.
    pub fault: Fault,
    /// How the instance has to end, where that does not depend on who is faster.
    pub(crate) ends: Option<End>,
    /// Whether its undo comes about because the answer of the step is lost for good, and not by a cancellation.
    pub(crate) is_last: bool,
}

/// How an instance has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Undone,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// So many attempts fail before they are carried out.
    Fails(u32),
    /// No attempt is carried out.
    FailsForGood,
    /// It is refused.
    Refused,
    /// So many attempts are refused, behind the pivot where that turns nothing back.
    RefusedOften(u32),
    /// It is carried out, and so many answers are lost.
    AnswerLost(u32),
    /// It is carried out, and no answer ever comes.
    AnswerLostForGood,
    /// It is carried out twice under one key.
    Repeated,
    /// The process ends before it is done.
    DiesBefore,
    /// The process ends when it is done, before that is committed.
    DiesBeforeCommit,
    /// The process ends when that is committed.
    DiesAfterCommit,
    /// The instance is cancelled just before it is done.
    CancelledBefore,
    /// The instance is cancelled when it is done, before that is committed.
    CancelledMeanwhile,
    /// The instance is cancelled when that is committed.
    CancelledAfter,
    /// The instance is cancelled while it waits.
    CancelledWaiting,
    /// The signal comes before anything else happens.
    SignalEarly,
    /// The signal comes twice.
    SignalTwice,
    /// The signal never comes.
    SignalNever,
    /// So many attempts at the undo fail before they are carried out.
    UndoFails(u32),
    /// The undo is carried out, and so many answers are lost.
    UndoAnswerLost(u32),
    /// The undo is carried out twice under one key.
    UndoneTwice,
    /// The process ends before the undo.
    UndoDiesBefore,
    /// The process ends when the undo is done, before that is committed.
    UndoDiesBeforeCommit,
    /// The process ends when that is committed.
    UndoDiesAfterCommit,
}

impl Fault {
    /// Whether it is about the undo of the step.
    pub(crate) fn is_undo(self) -> bool {
        matches!(
            self,
            Self::UndoFails(_)
                | Self::UndoAnswerLost(_)
                | Self::UndoneTwice
                | Self::UndoDiesBefore
                | Self::UndoDiesBeforeCommit
                | Self::UndoDiesAfterCommit
        )
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = if self.step.is_empty() { "the saga" } else { &self.step };
        write!(f, "{step}: {:?}", self.fault)
    }
}

/// More attempts than it takes to be stuck.
const OFTEN: u32 = STUCK_AFTER + 2;

/// Every case of a saga.
pub(super) fn cases(outline: &Outline) -> Vec<Case> {
    let nothing = Case { step: String::new(), fault: Fault::None, ends: Some(End::Done), is_last: false };
    let of_steps = outline.steps.iter().enumerate().flat_map(|(at, step)| of_step(outline, at, step));
    std::iter::once(nothing).chain(of_steps).collect()
}

fn of_step(outline: &Outline, at: usize, step: &StepOutline) -> Vec<Case> {
    let is_past = outline.is_past_pivot(at);
    let has_no_way_back = is_past || (step.kind == StepKind::Call && step.is_pivot && !step.has_undo);
    let mut faults = match step.kind {
        StepKind::Call => {
            vec![(Fault::AnswerLost(1), Some(End::Done)), (Fault::CancelledMeanwhile, None)]
        }
        StepKind::Local => Vec::new(),
        StepKind::Signal => return of_signal(at, step, is_past),
        StepKind::Time => return of_time(step),
    };
    for fault in
        [Fault::Fails(1), Fault::Repeated, Fault::DiesBefore, Fault::DiesBeforeCommit, Fault::DiesAfterCommit]
    {
        faults.push((fault, Some(End::Done)));
    }
    faults.extend([(Fault::CancelledBefore, None), (Fault::CancelledAfter, None)]);
    if has_no_way_back {
        faults.extend([(Fault::Fails(OFTEN), Some(End::Done)), (Fault::AnswerLost(OFTEN), Some(End::Done))]);
    } else {
        faults.push((Fault::FailsForGood, Some(End::Undone)));
    }
    if step.kind == StepKind::Call && !has_no_way_back {
        faults.push((Fault::AnswerLostForGood, Some(End::Undone)));
    }
    if is_past {
        faults.push((Fault::RefusedOften(OFTEN), Some(End::Done)));
    } else {
        faults.push((Fault::Refused, Some(End::Undone)));
    }
    if step.has_undo {
        faults.extend(of_undo(step));
    }
    let is_last = step.is_pivot || at + 1 == outline.steps.len();
    named(step, is_last, faults)
}

fn of_undo(step: &StepOutline) -> Vec<(Fault, Option<End>)> {
    let mut faults = vec![
        Fault::UndoFails(2),
        Fault::UndoFails(OFTEN),
        Fault::UndoneTwice,
        Fault::UndoDiesBefore,
        Fault::UndoDiesBeforeCommit,
        Fault::UndoDiesAfterCommit,
    ];
    if step.kind == StepKind::Call {
        faults.extend([Fault::UndoAnswerLost(1), Fault::UndoAnswerLost(OFTEN)]);
    }
    faults.into_iter().map(|fault| (fault, Some(End::Undone))).collect()
}

fn of_signal(at: usize, step: &StepOutline, is_past: bool) -> Vec<Case> {
    let mut faults = vec![
        (Fault::SignalTwice, Some(End::Done)),
        (Fault::DiesBeforeCommit, Some(End::Done)),
        (Fault::DiesAfterCommit, Some(End::Done)),
        (Fault::CancelledWaiting, None),
    ];
    if at > 0 {
        faults.push((Fault::SignalEarly, Some(End::Done)));
    }
    if !is_past {
        faults.push((Fault::SignalNever, Some(End::Undone)));
    }
    named(step, false, faults)
}

fn of_time(step: &StepOutline) -> Vec<Case> {
    let faults = [(Fault::DiesBefore, Some(End::Done)), (Fault::DiesAfterCommit, Some(End::Done))];
    named(step, false, faults.into_iter().chain([(Fault::CancelledWaiting, None)]).collect())
}

fn named(step: &StepOutline, is_last: bool, faults: Vec<(Fault, Option<End>)>) -> Vec<Case> {
    let case = |(fault, ends)| Case { step: step.name.to_owned(), fault, ends, is_last };
    faults.into_iter().map(case).collect()
}
