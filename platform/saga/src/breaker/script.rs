//! What goes wrong at which moment of one case.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::case::{Case, Fault};
use crate::interference::{Interference, Meddling, Moment, Point};

/// How long a moment lasts in which somebody cancels.
const MOMENT: Duration = Duration::from_secs(1);

/// Plays one case.
#[derive(Debug)]
pub(super) struct Script {
    case: Case,
    pub(super) died: Notify,
    /// Somebody has to cancel now.
    pub(super) cancels: Notify,
    seen: Mutex<Seen>,
}

/// What came about.
#[derive(Debug, Default, Clone)]
pub(super) struct Seen {
    /// How often the fault came about.
    pub(super) hits: u32,
    /// Whether it is time to cancel.
    pub(super) cancels: bool,
    /// The keys of each step and undo.
    keys: BTreeMap<(String, bool), String>,
    /// A step that was asked for under two keys.
    pub(super) two_keys: Option<String>,
}

impl Script {
    pub(super) fn new(case: Case) -> Self {
        Self { case, died: Notify::new(), cancels: Notify::new(), seen: Mutex::default() }
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether its fault comes about in the runner, and not by what others do.
    pub(super) fn is_of_runner(&self) -> bool {
        !matches!(
            self.case.fault,
            Fault::None
                | Fault::SignalEarly
                | Fault::SignalTwice
                | Fault::SignalNever
                | Fault::CancelledWaiting
        )
    }

    /// Whether somebody is to cancel at a moment of the runner.
    pub(super) fn may_cancel(&self) -> bool {
        let fault = self.case.fault;
        let is_cancelled =
            matches!(fault, Fault::CancelledBefore | Fault::CancelledMeanwhile | Fault::CancelledAfter);
        is_cancelled || (fault.is_undo() && !self.case.is_last)
    }

    /// Says that the fault came about without a moment of the runner, as that of a signal does.
    pub(super) fn hit(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).hits += 1;
    }

    /// What the fault does at its moment, which has come so often before.
    fn does(&self, moment: Moment<'_>, hits: u32) -> Meddling {
        use Fault::*;
        let (is_undo, point) = (moment.is_undo, moment.point);
        match (self.case.fault, is_undo, point) {
            (Fails(times), false, Point::Before) | (UndoFails(times), true, Point::Before)
                if hits < times =>
            {
                Meddling::Fail
            }
            (AnswerLost(times), false, Point::Acted) | (UndoAnswerLost(times), true, Point::Acted)
                if hits < times =>
            {
                Meddling::Fail
            }
            (FailsForGood, false, Point::Before) | (AnswerLostForGood, false, Point::Acted) => Meddling::Fail,
            (RefusedOften(times), false, Point::Before) if hits < times => Meddling::Refuse,
            (Refused, false, Point::Before) => Meddling::Refuse,
            (Repeated, false, Point::Before) | (UndoneTwice, true, Point::Before) => Meddling::Repeat,
            (DiesBefore, false, Point::Before)
            | (DiesBeforeCommit, false, Point::Acted)
            | (DiesAfterCommit, false, Point::Committed)
            | (UndoDiesBefore, true, Point::Before)
            | (UndoDiesBeforeCommit, true, Point::Acted)
            | (UndoDiesAfterCommit, true, Point::Committed)
                if hits == 0 =>
            {
                Meddling::Die
            }
            (CancelledBefore, false, Point::Before)
            | (CancelledMeanwhile, false, Point::Acted)
            | (CancelledAfter, false, Point::Committed)
                if hits == 0 =>
            {
                Meddling::Delay(MOMENT)
            }
            _ => Meddling::None,
        }
    }

    /// A delay is there so that somebody cancels.
    fn cancel_at(&self, meddling: Meddling, seen: &mut Seen) {
        if matches!(meddling, Meddling::Delay(_)) {
            seen.cancels = true;
            self.cancels.notify_one();
        }
    }

    /// What makes a saga turn back whose undo is to be broken.
    fn turns_back(&self, moment: Moment<'_>) -> Meddling {
        match (self.case.fault.is_undo() && !moment.is_undo, self.case.is_last, moment.point) {
            (true, true, Point::Acted) => Meddling::Fail,
            (true, false, Point::Committed) => Meddling::Delay(MOMENT),
            _ => Meddling::None,
        }
    }
}

impl Interference for Script {
    fn reborn(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.died.notified())
    }

    fn at(&self, moment: Moment<'_>) -> Meddling {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (moment.step.to_owned(), moment.is_undo);
        let key = seen.keys.entry(place).or_insert_with(|| moment.key.to_owned()).clone();
        if key != moment.key {
            seen.two_keys =
                Some(format!("{} was asked for under {key} and under {}", moment.step, moment.key));
        }
        if moment.step != self.case.step {
            return Meddling::None;
        }
        let turn = self.turns_back(moment);
        if turn != Meddling::None {
            self.cancel_at(turn, &mut seen);
            return turn;
        }
        let meddling = self.does(moment, seen.hits);
        if meddling != Meddling::None {
            seen.hits += 1;
        }
        self.cancel_at(meddling, &mut seen);
        if meddling == Meddling::Die {
            self.died.notify_one();
        }
        meddling
    }
}
