//! Every interleaving of answers, crashes, cancellations and signals ends in done or undone.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::outline::StepOutline;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn now(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000).plus(Duration::from_secs(seconds))
}

fn step(at: usize, kind: StepKind) -> StepOutline {
    let within = (kind != StepKind::Time).then_some(Duration::from_secs(60));
    StepOutline { name: NAMES[at], kind, has_undo: false, is_pivot: false, within }
}

/// A definition that can be run.
fn outlines() -> impl Strategy<Value = Outline> {
    let kinds = prop_oneof![
        5 => Just(StepKind::Call),
        3 => Just(StepKind::Local),
        1 => Just(StepKind::Signal),
        1 => Just(StepKind::Time),
    ];
    (vec((kinds, any::<bool>()), 1..=NAMES.len()), 0_usize..10).prop_map(|(kinds, pivot)| {
        let mut steps: Vec<_> = kinds.iter().enumerate().map(|(at, (kind, _))| step(at, *kind)).collect();
        let pivot = (pivot < steps.len()).then_some(pivot);
        let last = pivot.unwrap_or(steps.len() - 1);
        for (at, (kind, has_undo)) in kinds.into_iter().enumerate() {
            let may = at < last && matches!(kind, StepKind::Call | StepKind::Local);
            steps[at].has_undo = has_undo && (may || (at == last && kind == StepKind::Call));
        }
        if let Some(pivot) = pivot {
            steps[pivot].is_pivot = true;
        }
        let outline = Outline { saga: "lamps", version: 1, steps };
        outline.check().unwrap();
        outline
    })
}

/// What happens next, besides time.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// The action is carried out, or not; and its answer arrives, or fails, or is never written down.
    Carried {
        effect: bool,
        answer: bool,
    },
    /// The process ends in the middle of an attempt that was carried out, or was not.
    Crashes {
        effect: bool,
    },
    Refused,
    Cancel,
    /// Somebody who does not have the definition cancels.
    CancelBlindly,
    Signal(usize),
    SignalBlindly(usize),
    Wait(u64),
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => Just(Event::Carried { effect: true, answer: true }),
        2 => any::<bool>().prop_map(|effect| Event::Carried { effect, answer: false }),
        2 => any::<bool>().prop_map(|effect| Event::Crashes { effect }),
        1 => Just(Event::Refused),
        1 => Just(Event::Cancel),
        1 => Just(Event::CancelBlindly),
        2 => (0..NAMES.len()).prop_map(Event::Signal),
        1 => (0..NAMES.len()).prop_map(Event::SignalBlindly),
        2 => (1_u64..90).prop_map(Event::Wait),
    ]
}

/// The world around an instance: what was carried out, and what the runner knows.
struct World {
    outline: Outline,
    progress: Progress,
    effects: Vec<bool>,
    is_doubtful: bool,
    now: u64,
    told: Told,
}

impl World {
    fn new(outline: Outline) -> Self {
        let progress = Progress::begin(&outline, now(0));
        let effects = vec![false; outline.steps.len()];
        Self { outline, progress, effects, is_doubtful: false, now: 0, told: Told::new() }
    }

    fn apply(&mut self, answer: Answer) {
        self.told.extend(self.progress.apply(&self.outline, answer, now(self.now)));
        self.is_doubtful = false;
        if self.progress.state == State::Running
            && self.outline.steps.get(self.progress.step).is_some_and(|step| step.kind == StepKind::Time)
            && self.progress.deadline.is_none()
        {
            self.progress.apply(&self.outline, Answer::Armed(now(self.now + 5)), now(self.now));
        }
    }

    /// Does what the instance wants, as the runner does.
    fn go_on(&mut self, event: Event) {
        let next = self.progress.next(&self.outline, now(self.now), self.is_doubtful);
        match next {
            Next::Over => {}
            Next::Rest(_) => {
                if self.progress.due.is_some_and(|due| due <= now(self.now)) {
                    self.apply(Answer::Settled);
                }
            }
            Next::Take => self.apply(Answer::Done),
            Next::Arm => self.apply(Answer::Armed(now(self.now + 5))),
            Next::Expire => self.apply(Answer::Expired),
            Next::TurnBack => self.apply(Answer::TurnedBack { is_doubtful: self.is_doubtful }),
            Next::Act => self.act(event),
        }
    }

    fn act(&mut self, event: Event) {
        let (at, is_undo) = (self.progress.step, self.progress.state == State::Undoing);
        let kind = self.outline.steps[at].kind;
        match event {
            Event::Carried { answer: true, .. } => {
                self.effects[at] = !is_undo;
                self.apply(Answer::Done);
            }
            Event::Carried { effect, answer: false } => {
                // A local step that fails leaves nothing.
                if effect && kind == StepKind::Call {
                    self.effects[at] = !is_undo;
                }
                self.apply(failed());
            }
            Event::Crashes { effect } => {
                if effect && kind == StepKind::Call {
                    self.effects[at] = !is_undo;
                }
                self.is_doubtful = true;
            }
            // Who was asked under the key, and did it, says so when asked again; or has forgotten the key. Where
            // nothing can be undone it must not have.
            Event::Refused if self.effects[at] && !self.outline.steps[at].has_undo => {
                self.apply(Answer::Done);
            }
            Event::Refused if kind == StepKind::Time => self.apply(Answer::Done),
            Event::Refused => {
                let reason = Reason::new("full");
                self.apply(Answer::Refused { reason, is_doubtful: self.is_doubtful });
            }
            _ => {}
        }
    }

    fn happen(&mut self, event: Event) {
        let outline = self.outline.clone();
        let said = now(self.now);
        let (_, told) = match event {
            Event::Cancel => {
                let (cancelled, told) = self.progress.cancel(Some(&outline), Reason::new("off"), said);
                (Some(cancelled), told)
            }
            Event::CancelBlindly => {
                let (cancelled, told) = self.progress.cancel(None, Reason::new("off"), said);
                (Some(cancelled), told)
            }
            Event::Signal(at) => {
                (None, self.progress.signal(Some(&outline), (NAMES[at], Value::Null), said).1)
            }
            Event::SignalBlindly(at) => (None, self.progress.signal(None, (NAMES[at], Value::Null), said).1),
            Event::Wait(seconds) => {
                self.now += seconds;
                (None, Told::new())
            }
            _ => (None, Told::new()),
        };
        self.told.extend(told);
        self.go_on(event);
        self.hold();
    }

    /// From now on nothing goes wrong, and each signal comes.
    fn calm(&mut self) {
        for _ in 0..500 {
            if self.progress.has_ended() {
                return;
            }
            let step = self.outline.steps[self.progress.step].clone();
            if self.progress.state == State::Running && step.kind == StepKind::Signal {
                self.happen(Event::Signal(self.progress.step));
            }
            self.happen(Event::Carried { effect: true, answer: true });
            self.now += 7;
        }
    }

    /// What holds at every moment.
    fn hold(&self) {
        let Progress { state, step, due, .. } = &self.progress;
        if self.progress.has_ended() {
            assert_eq!(*due, None);
            return;
        }
        let step = &self.outline.steps[*step];
        assert!(*state == State::Running || step.has_undo, "undoes what has no undo");
        let pivot = self.outline.pivot();
        if let (State::Undoing, Some(pivot)) = (state, pivot) {
            let was_done = self
                .told
                .iter()
                .any(|(what, name, _)| *what == What::StepDone && *name == Some(self.outline.name_of(pivot)));
            assert!(!was_done, "undoes behind the pivot");
        }
        let waits_for_ever = step.kind == StepKind::Signal && self.progress.is_stuck;
        assert!(due.is_some() || waits_for_ever, "nobody will look at it again");
    }

    fn names(&self, of: What) -> Vec<&'static str> {
        self.told.iter().filter(|(what, ..)| *what == of).filter_map(|(_, name, _)| *name).collect()
    }
}

fn failed() -> Answer {
    Answer::Failed { reason: Reason::new("unavailable"), error: "no answer".to_owned(), draw: 500 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_ends_done_or_undone(outline in outlines(), events in vec(events(), 0..40)) {
        let mut world = World::new(outline);
        for event in events {
            world.happen(event);
        }
        world.calm();
        let (steps, effects) = (&world.outline.steps, &world.effects);
        let acts = |at: &usize| matches!(steps[*at].kind, StepKind::Call | StepKind::Local);
        match world.progress.state {
            State::Done => {
                let left: Vec<_> = (0..steps.len()).filter(acts).filter(|at| !effects[*at]).collect();
                prop_assert!(left.is_empty(), "done without {left:?}");
                prop_assert!(world.names(What::StepUndone).is_empty());
            }
            State::Undone => {
                let pivot = world.outline.pivot();
                let must_not_be = |at: &usize| steps[*at].has_undo || pivot == Some(*at);
                let left: Vec<_> = (0..steps.len()).filter(acts).filter(must_not_be).filter(|at| effects[*at]).collect();
                prop_assert!(left.is_empty(), "undone with {left:?} left");
                let undone = world.names(What::StepUndone);
                prop_assert!(undone.is_sorted_by(|one, next| one > next), "{undone:?}");
                prop_assert!(world.progress.reason.is_some(), "nobody knows why");
            }
            state => prop_assert!(false, "it has not ended: {state:?} at {}", world.progress.step),
        }
    }
}

fn two_calls() -> Outline {
    let mut steps = vec![step(0, StepKind::Call), step(1, StepKind::Call)];
    steps.iter_mut().for_each(|step| step.has_undo = true);
    Outline { saga: "lamps", version: 1, steps }
}

fn refused(is_doubtful: bool) -> Answer {
    Answer::Refused { reason: Reason::new("full"), is_doubtful }
}

#[test]
fn a_refusal_undoes_what_was_done_before_and_not_what_was_refused() {
    let outline = two_calls();
    let mut progress = Progress::begin(&outline, now(0));
    progress.apply(&outline, Answer::Done, now(0));
    progress.apply(&outline, refused(false), now(1));
    assert_eq!((progress.state, progress.step), (State::Undoing, 0));
    assert_eq!(progress.reason, Some(Reason::new("full")));
}

#[test]
fn what_may_have_been_done_unheard_is_undone_too() {
    for answers in [vec![refused(true)], vec![failed(), refused(false)]] {
        let outline = two_calls();
        let mut progress = Progress::begin(&outline, now(0));
        progress.apply(&outline, Answer::Done, now(0));
        for answer in answers {
            progress.apply(&outline, answer, now(1));
        }
        assert_eq!((progress.state, progress.step), (State::Undoing, 1));
    }
}

#[test]
fn a_step_is_tried_until_its_deadline_and_then_undone() {
    let outline = two_calls();
    let mut progress = Progress::begin(&outline, now(0));
    let mut attempts = 0;
    while progress.state == State::Running {
        let at = progress.due.unwrap();
        assert!(at <= now(60), "tried after its deadline");
        progress.apply(&outline, failed(), at);
        attempts += 1;
    }
    assert_eq!((progress.state, progress.step), (State::Undoing, 0));
    assert!((8..14).contains(&attempts), "{attempts} attempts in a minute");
}

#[test]
fn an_undo_is_tried_without_end_and_is_stuck_meanwhile() {
    let outline = two_calls();
    let mut progress = Progress::begin(&outline, now(0));
    progress.apply(&outline, Answer::Done, now(0));
    progress.apply(&outline, refused(false), now(0));
    for attempt in 1..100 {
        let at = progress.due.unwrap();
        let told = progress.apply(&outline, if attempt % 2 == 0 { refused(false) } else { failed() }, at);
        assert_eq!(progress.is_stuck, attempt >= STUCK_AFTER, "after {attempt} attempts");
        assert_eq!(told.len(), usize::from(attempt == STUCK_AFTER), "told once");
        assert!(progress.due.unwrap() <= at.plus(MAX_PAUSE * 5 / 4));
    }
    progress.apply(&outline, Answer::Done, now(0));
    assert_eq!((progress.state, progress.is_stuck), (State::Undone, false));
}

#[test]
fn pauses_double_up_to_half_a_minute_give_or_take_a_quarter() {
    for attempts in 1..40 {
        let (least, most) = (pause(attempts, 0), pause(attempts, 999));
        let middle = FIRST_PAUSE.saturating_mul(1 << (attempts - 1).min(20)).min(MAX_PAUSE);
        assert!(least >= middle * 74 / 100 && most <= middle * 126 / 100, "{least:?} to {most:?}");
    }
}

#[test]
fn a_cancellation_during_the_pivot_waits_for_its_answer() {
    let mut outline = two_calls();
    (outline.steps[1].is_pivot, outline.steps[1].has_undo) = (true, false);
    let mut progress = Progress::begin(&outline, now(0));
    progress.apply(&outline, Answer::Done, now(0));
    assert_eq!(progress.cancel(Some(&outline), Reason::new("off"), now(0)).0, Cancelled::Asked);
    assert_eq!(progress.next(&outline, now(0), false), Next::TurnBack, "it has not begun");
    assert_eq!(progress.next(&outline, now(0), true), Next::Act, "it may have been done");
    let told = progress.apply(&outline, Answer::Done, now(0));
    assert_eq!(progress.state, State::Done);
    assert!(told.iter().any(|(what, ..)| *what == What::CancelledTooLate));
    assert_eq!(progress.cancel(Some(&outline), Reason::new("off"), now(0)).0, Cancelled::TooLate);
}

#[test]
fn what_was_said_since_somebody_looked_is_not_passed_over() {
    let mut outline = two_calls();
    outline.steps[0] = step(0, StepKind::Signal);
    let mut progress = Progress::begin(&outline, now(0));
    assert_eq!(progress.next(&outline, now(60), false), Next::Expire);
    progress.signal(Some(&outline), ("a", Value::Null), now(60));
    assert!(progress.apply(&outline, Answer::Expired, now(60)).is_empty());
    assert_eq!(progress.next(&outline, now(60), false), Next::Take);
    progress.due = Some(now(30));
    progress.apply(&outline, Answer::Settled, now(60));
    assert_eq!(progress.due, Some(now(30)), "still due");
}

#[test]
fn the_first_signal_counts_and_one_that_nobody_waits_for_is_unknown() {
    let mut outline = two_calls();
    outline.steps[1] = step(1, StepKind::Signal);
    let mut progress = Progress::begin(&outline, now(0));
    let mut say = |name: &str, value: i64| progress.signal(Some(&outline), (name, value.into()), now(0)).0;
    assert_eq!(say("a", 0), Signalled::Unknown);
    assert_eq!((say("b", 1), say("b", 2)), (Signalled::Kept, Signalled::Before));
    assert_eq!(progress.signals["b"], 1);
    progress.apply(&outline, Answer::Done, now(0));
    assert_eq!(progress.next(&outline, now(0), false), Next::Take);
    progress.apply(&outline, Answer::Done, now(0));
    assert_eq!(progress.signal(Some(&outline), ("b", Value::Null), now(0)).0, Signalled::TooLate);
}
