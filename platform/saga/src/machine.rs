//! What an instance does next, and what follows from what came of it: pure, so that every interleaving can be tried.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tradewind_kernel::Timestamp;
use tradewind_problem::DEADLINE_EXCEEDED;

use crate::outline::{Outline, StepKind, StepOutline};
use crate::reason::Reason;
use crate::state::{State, What};

/// Failed attempts at one step after which an instance is listed as stuck.
pub const STUCK_AFTER: u32 = 8;

/// The first pause after a failed attempt; it doubles up to [`MAX_PAUSE`], give or take a quarter.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause after a failed attempt.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Where an instance stands, apart from its data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Progress {
    pub(crate) state: State,
    /// The place of the step that is to be done or undone.
    pub(crate) step: usize,
    /// Failed attempts at it.
    pub(crate) attempts: u32,
    pub(crate) is_stuck: bool,
    /// When there will be something to do; `None` once it has ended.
    pub(crate) due: Option<Timestamp>,
    /// When the step is given up, or the wait is over.
    pub(crate) deadline: Option<Timestamp>,
    /// Somebody asked to turn back, and that has not happened yet.
    pub(crate) is_cancelled: bool,
    /// Why it is undone, or is to be.
    pub(crate) reason: Option<Reason>,
    /// Signals that have come and were not taken yet, by the name of their step.
    pub(crate) signals: BTreeMap<String, Value>,
    /// What the last failed attempt said, for operators.
    pub(crate) last_error: Option<String>,
}

/// What an instance wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// That its step is done, or undone.
    Act,
    /// That the signal it waits for is taken.
    Take,
    /// That the end of its wait is worked out from its data.
    Arm,
    /// That it is told that its wait is over.
    Expire,
    /// That it turns back, because somebody cancelled it.
    TurnBack,
    /// Nothing until then, or until somebody says something.
    Rest(Option<Timestamp>),
    /// Nothing any more.
    Over,
}

/// What came of what it wanted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// The step is done, or undone.
    Done,
    /// The step is not done and will not be. `is_doubtful` when an earlier attempt may have been carried out unheard.
    Refused { reason: Reason, is_doubtful: bool },
    /// The attempt failed; for a call it is not known whether it was carried out. `draw` spreads the pauses: 0 to 999.
    Failed { reason: Reason, error: String, draw: u64 },
    /// Its data cannot be read: nothing can be done for it, only by somebody who mends the program.
    Unreadable { error: String },
    /// Its wait ends then.
    Armed(Timestamp),
    /// Whoever spoke to it made it due, and there is nothing to do for it yet.
    Settled,
    /// Its wait is over.
    Expired,
    /// It turns back. `is_doubtful` when an attempt at its step may have been carried out unheard.
    TurnedBack { is_doubtful: bool },
}

/// What came of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It will turn back, unless what is under way just now proves to be the pivot.
    Asked,
    /// It is being undone already, or is undone.
    Before,
    /// It is past its pivot, or done.
    TooLate,
    /// There is no such instance.
    Unknown,
}

/// What came of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signalled {
    /// It is kept until its step takes it.
    Kept,
    /// It came before, and the first one counts.
    Before,
    /// The instance waits for it no more.
    TooLate,
    /// There is no such instance, or it never waits for such a signal.
    Unknown,
}

/// What is written into the history.
pub(crate) type Told = Vec<(What, Option<&'static str>, Option<String>)>;

/// How long to wait after so many failed attempts.
fn pause(attempts: u32, draw: u64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(MAX_PAUSE);
    let spread = u32::try_from(draw.min(999)).unwrap_or(0);
    doubled * 3 / 4 + doubled / 2 * spread / 1000
}

impl Progress {
    /// An instance that begins now.
    pub(crate) fn begin(outline: &Outline, now: Timestamp) -> Self {
        let mut progress = Self {
            state: State::Running,
            step: 0,
            attempts: 0,
            is_stuck: false,
            due: None,
            deadline: None,
            is_cancelled: false,
            reason: None,
            signals: BTreeMap::new(),
            last_error: None,
        };
        progress.enter(outline, 0, now);
        progress
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state, State::Done | State::Undone)
    }

    /// What it wants now. `is_doubtful` when an attempt at its step may have been carried out unheard.
    pub(crate) fn next(&self, outline: &Outline, now: Timestamp, is_doubtful: bool) -> Next {
        if self.has_ended() {
            return Next::Over;
        }
        if self.is_cancelled && self.may_turn_back(outline, is_doubtful) {
            return Next::TurnBack;
        }
        if let Some(due) = self.due.filter(|due| *due > now)
            && (!self.has_signal(outline) || self.attempts > 0)
        {
            return Next::Rest(Some(due));
        }
        match outline.steps.get(self.step).map(|step| step.kind) {
            None => Next::Over,
            Some(_) if self.state == State::Undoing => Next::Act,
            Some(StepKind::Call | StepKind::Local) => Next::Act,
            Some(StepKind::Signal) if self.has_signal(outline) => Next::Take,
            Some(StepKind::Signal) if outline.is_past_pivot(self.step) && self.is_stuck => Next::Rest(None),
            Some(StepKind::Time) if self.deadline.is_none() => Next::Arm,
            // Who spoke to it without its definition has made it due.
            Some(_) if self.deadline.is_some_and(|deadline| deadline > now) => Next::Rest(self.deadline),
            Some(StepKind::Signal) => Next::Expire,
            Some(StepKind::Time) => Next::Act,
        }
    }

    /// Whether it waits for a signal that is there.
    fn has_signal(&self, outline: &Outline) -> bool {
        let waits = outline.steps.get(self.step).filter(|step| step.kind == StepKind::Signal);
        self.state == State::Running && waits.is_some_and(|step| self.signals.contains_key(step.name))
    }

    /// A pivot without an undo that may have been done is carried to an answer first.
    fn may_turn_back(&self, outline: &Outline, is_doubtful: bool) -> bool {
        let step = outline.steps.get(self.step);
        let must_be_known = step.is_some_and(|step| step.is_pivot && !step.has_undo);
        let is_open = must_be_known && self.may_be_done(outline, is_doubtful);
        self.state == State::Running && !outline.is_past_pivot(self.step) && !is_open
    }

    /// Whether the present step may have been carried out although nobody heard of it: only a call can.
    fn may_be_done(&self, outline: &Outline, is_doubtful: bool) -> bool {
        let is_call = outline.steps.get(self.step).is_some_and(|step| step.kind == StepKind::Call);
        is_call && (is_doubtful || self.attempts > 0)
    }

    /// Behind which step the undo begins. The present one is undone with the others when it may have been carried out,
    /// and when it is a first step that is local: whoever writes down there that everything was taken back has to be
    /// heard even if nothing was ever done.
    fn end_of_undo(&self, outline: &Outline, is_doubtful: bool) -> usize {
        let is_local = outline.steps.first().is_some_and(|step| step.kind == StepKind::Local);
        let is_first = self.step == 0 && is_local;
        self.step + usize::from(is_first || self.may_be_done(outline, is_doubtful))
    }

    /// Goes on by what came of what it wanted.
    pub(crate) fn apply(&mut self, outline: &Outline, answer: Answer, now: Timestamp) -> Told {
        let mut told = Told::new();
        let name = Some(outline.name_of(self.step));
        match (self.state, answer) {
            (State::Done | State::Undone, _) => {}
            (_, Answer::Armed(until)) => (self.deadline, self.due) = (Some(until), Some(until)),
            (_, Answer::Settled) => self.settle(outline, &mut told, now),
            (_, Answer::Unreadable { error }) => {
                self.fail(&mut told, name, error, now.plus(MAX_PAUSE));
                self.be_stuck(&mut told, name);
            }
            (State::Running, Answer::Done) => self.advance(outline, &mut told, now),
            (State::Running, Answer::Refused { reason, is_doubtful }) => {
                self.refused(outline, &mut told, (reason, is_doubtful), now);
            }
            (State::Running, Answer::Failed { reason, error, draw }) => {
                self.failed(outline, &mut told, (reason, error, draw), now);
            }
            (State::Running, Answer::Expired) => self.expire(outline, &mut told, now),
            (State::Running, Answer::TurnedBack { is_doubtful }) => {
                let end = self.end_of_undo(outline, is_doubtful);
                self.turn_back(outline, &mut told, end, now);
            }
            (State::Undoing, Answer::Done) => {
                told.push((What::StepUndone, name, None));
                self.go_back(outline, &mut told, self.step, now);
            }
            // There is nobody left to refuse to: an undo is tried until it succeeds.
            (State::Undoing, Answer::Refused { reason, .. }) => {
                let until = now.plus(pause(self.attempts + 1, 500));
                self.fail(&mut told, name, reason.code, until);
            }
            (State::Undoing, Answer::Failed { error, draw, .. }) => {
                let until = now.plus(pause(self.attempts + 1, draw));
                self.fail(&mut told, name, error, until);
            }
            (State::Undoing, Answer::Expired | Answer::TurnedBack { .. }) => {}
        }
        told
    }

    fn settle(&mut self, outline: &Outline, told: &mut Told, now: Timestamp) {
        // Somebody may have spoken to it since it was looked at.
        let Next::Rest(until) = self.next(outline, now, false) else { return };
        self.due = until;
        if self.is_cancelled && outline.is_past_pivot(self.step) {
            self.refuse_to_cancel(outline, told);
        }
    }

    fn refuse_to_cancel(&mut self, outline: &Outline, told: &mut Told) {
        self.is_cancelled = false;
        let reason = self.reason.take().map(|reason| reason.code);
        told.push((What::CancelledTooLate, Some(outline.name_of(self.step)), reason));
    }

    /// The step is done.
    fn advance(&mut self, outline: &Outline, told: &mut Told, now: Timestamp) {
        let name = outline.name_of(self.step);
        told.push((What::StepDone, Some(name), None));
        self.signals.remove(name);
        let is_pivot = outline.pivot() == Some(self.step);
        if self.is_cancelled && (is_pivot || outline.is_past_pivot(self.step)) {
            self.refuse_to_cancel(outline, told);
        }
        let next = self.step + 1;
        if self.is_cancelled {
            return self.turn_back(outline, told, next, now);
        }
        if next < outline.steps.len() {
            return self.enter(outline, next, now);
        }
        self.step = next;
        self.end(told, State::Done);
    }

    /// Stands before a step.
    fn enter(&mut self, outline: &Outline, step: usize, now: Timestamp) {
        (self.step, self.attempts, self.is_stuck, self.last_error) = (step, 0, false, None);
        let (kind, within) = outline.steps.get(step).map_or((StepKind::Time, None), |s| (s.kind, s.within));
        self.deadline = within.map(|within| now.plus(within));
        self.due = if kind == StepKind::Signal { self.deadline } else { Some(now) };
        if self.has_signal(outline) {
            self.due = Some(now);
        }
    }

    fn refused(&mut self, outline: &Outline, told: &mut Told, why: (Reason, bool), now: Timestamp) {
        let (reason, is_doubtful) = why;
        let name = Some(outline.name_of(self.step));
        if outline.is_past_pivot(self.step) {
            // Only carried forward: somebody may have to do something before it is no longer refused.
            let until = now.plus(pause(self.attempts + 1, 500));
            self.signals.remove(outline.name_of(self.step));
            return self.fail(told, name, reason.code, until);
        }
        told.push((What::StepRefused, name, Some(reason.code.clone())));
        // A cancellation that was asked for meanwhile has its way, and the refusal is the reason.
        self.reason = Some(reason);
        let end = self.end_of_undo(outline, is_doubtful);
        self.turn_back(outline, told, end, now);
    }

    fn failed(&mut self, outline: &Outline, told: &mut Told, why: (Reason, String, u64), now: Timestamp) {
        let (reason, error, draw) = why;
        let name = Some(outline.name_of(self.step));
        let until = now.plus(pause(self.attempts + 1, draw));
        let is_late = self.deadline.is_some_and(|deadline| until > deadline);
        self.fail(told, name, error, until);
        let may_be_done = self.may_be_done(outline, true);
        let is_final = outline.steps.get(self.step).is_some_and(|step| step.is_pivot && !step.has_undo);
        // Neither to be undone nor to be left: it may have been done.
        let has_no_way_back = may_be_done && is_final;
        if outline.is_past_pivot(self.step) || has_no_way_back || !(is_late || self.is_cancelled) {
            return;
        }
        if is_late {
            told.push((What::StepGivenUp, name, Some(reason.code.clone())));
        }
        self.reason.get_or_insert(reason);
        let end = self.end_of_undo(outline, true);
        self.turn_back(outline, told, end, now);
    }

    /// Counts a failed attempt.
    fn fail(&mut self, told: &mut Told, name: Option<&'static str>, error: String, until: Timestamp) {
        self.attempts = self.attempts.saturating_add(1);
        self.last_error = Some(error);
        self.due = Some(until);
        if self.attempts == STUCK_AFTER {
            self.be_stuck(told, name);
        }
    }

    fn be_stuck(&mut self, told: &mut Told, name: Option<&'static str>) {
        if !self.is_stuck {
            self.is_stuck = true;
            told.push((What::Stuck, name, self.last_error.clone()));
        }
    }

    /// The signal has not come in time.
    fn expire(&mut self, outline: &Outline, told: &mut Told, now: Timestamp) {
        let name = outline.name_of(self.step);
        if self.has_signal(outline) {
            // It came since somebody looked.
            return;
        }
        if outline.is_past_pivot(self.step) {
            self.last_error = Some(format!("the signal {name} has not come in time"));
            self.be_stuck(told, Some(name));
            self.due = None;
            return;
        }
        let reason = Reason::new(DEADLINE_EXCEEDED.code);
        told.push((What::StepGivenUp, Some(name), Some(reason.code.clone())));
        self.reason.get_or_insert(reason.detail(format!("The signal {name} has not come in time.")));
        self.turn_back(outline, told, self.step, now);
    }

    /// Undoes the steps before `end` from now on.
    fn turn_back(&mut self, outline: &Outline, told: &mut Told, end: usize, now: Timestamp) {
        let reason = self.reason.as_ref().map(|reason| reason.code.clone());
        told.push((
            What::TurnedBack,
            Some(outline.name_of(end.saturating_sub(1))).filter(|_| end > 0),
            reason,
        ));
        self.is_cancelled = false;
        self.signals.clear();
        self.go_back(outline, told, end, now);
    }

    fn go_back(&mut self, outline: &Outline, told: &mut Told, end: usize, now: Timestamp) {
        (self.attempts, self.is_stuck, self.last_error, self.deadline) = (0, false, None, None);
        match outline.last_undo(end) {
            Some(step) => (self.state, self.step, self.due) = (State::Undoing, step, Some(now)),
            None => self.end(told, State::Undone),
        }
    }

    fn end(&mut self, told: &mut Told, state: State) {
        (self.state, self.due, self.deadline) = (state, None, None);
        (self.attempts, self.is_stuck, self.is_cancelled) = (0, false, false);
        self.signals.clear();
        told.push((if state == State::Done { What::Done } else { What::Undone }, None, None));
    }

    /// Asks it to turn back. Where its definition is not there, whoever has it finds out whether it is too late.
    pub(crate) fn cancel(
        &mut self,
        outline: Option<&Outline>,
        reason: Reason,
        now: Timestamp,
    ) -> (Cancelled, Told) {
        let is_past_pivot = outline.is_some_and(|outline| outline.is_past_pivot(self.step));
        match self.state {
            State::Undoing | State::Undone => return (Cancelled::Before, Told::new()),
            State::Running if self.is_cancelled => return (Cancelled::Before, Told::new()),
            State::Running if !is_past_pivot => {}
            State::Running | State::Done => return (Cancelled::TooLate, Told::new()),
        }
        let name = outline.map(|outline| outline.name_of(self.step));
        let told = (What::Cancelled, name, Some(reason.code.clone()));
        (self.is_cancelled, self.reason, self.due) = (true, Some(reason), Some(now));
        (Cancelled::Asked, vec![told])
    }

    /// Keeps a signal for the step of this name. Where the definition is not there, whoever has it finds out whether
    /// there is such a step.
    pub(crate) fn signal(
        &mut self,
        outline: Option<&Outline>,
        (name, value): (&str, Value),
        now: Timestamp,
    ) -> (Signalled, Told) {
        let is_meant = |step: &StepOutline| step.kind == StepKind::Signal && step.name == name;
        let at = outline.map(|outline| outline.steps.iter().position(is_meant));
        let at = match at {
            Some(None) => return (Signalled::Unknown, Told::new()),
            Some(Some(at)) => at,
            None => self.step,
        };
        if self.state != State::Running || at < self.step {
            return (Signalled::TooLate, Told::new());
        }
        if self.signals.contains_key(name) {
            return (Signalled::Before, Told::new());
        }
        self.signals.insert(name.to_owned(), value);
        if at == self.step {
            self.due = Some(now);
        }
        let name = outline.map(|outline| outline.name_of(at));
        (Signalled::Kept, vec![(What::SignalCame, name, None)])
    }

    /// The steps that are still to be done, unless it turns back.
    pub(crate) fn remains<'a>(&self, outline: &'a Outline) -> &'a [StepOutline] {
        match self.state {
            State::Running => outline.steps.get(self.step..).unwrap_or_default(),
            State::Undoing | State::Done | State::Undone => &[],
        }
    }

    /// The steps that an undo would undo, or still will, in this sequence.
    pub(crate) fn would_undo(&self, outline: &Outline) -> Vec<&'static str> {
        let end = match self.state {
            State::Running if !outline.is_past_pivot(self.step) => {
                self.step + usize::from(self.may_be_done(outline, false))
            }
            State::Undoing => self.step + 1,
            State::Running | State::Done | State::Undone => 0,
        };
        let undos = outline.steps.iter().take(end).filter(|step| step.has_undo);
        undos.rev().map(|step| step.name).collect()
    }
}

#[cfg(test)]
mod tests;
