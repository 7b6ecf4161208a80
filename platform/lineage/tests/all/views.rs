//! A process held against its definition.

use tradewind_lineage::{Process, Seen, Step, StepState, View};

use super::{PROCESS, REPAIR, at, id_of, mending, parked, told};

fn states(view: &View) -> Vec<StepState> {
    view.steps.iter().map(|step| step.state).collect()
}

fn seen(events: &[(&str, &str, i64)]) -> Seen {
    let events = events.iter().enumerate().map(|(place, (service, kind, second))| {
        told(service, i64::try_from(place).unwrap() + 1, kind, *second, None)
    });
    Seen { events: events.collect(), ..Seen::default() }
}

#[test]
fn what_was_asked_waits_for_those_who_decide() {
    let view = View::of(&REPAIR, PROCESS, &seen(&[("workshop", "asked", 0)]), at(10));
    assert_eq!(states(&view), [StepState::Waiting, StepState::Waiting, StepState::Ahead]);
    assert_eq!(view.steps[0].due, Some(at(60)));
    assert_eq!(view.remains, ["hold-part", "begin", "mend"]);
    assert!(view.would_undo.is_empty() && !view.is_stuck && view.ended.is_none());
}

#[test]
fn what_is_not_decided_in_time_is_stuck_and_says_by_whom() {
    let view =
        View::of(&REPAIR, PROCESS, &seen(&[("workshop", "asked", 0), ("workshop", "begun", 1)]), at(61));
    assert!(view.is_stuck && view.steps[0].is_late);
    assert!(
        view.stuck_because[0].contains("hold-part") && view.stuck_because[0].contains("store"),
        "{view:?}"
    );
    let in_time = View::of(&REPAIR, PROCESS, &seen(&[("workshop", "asked", 0)]), at(60));
    assert!(!in_time.is_stuck);
}

#[test]
fn the_last_word_of_an_owner_counts() {
    let events = [("workshop", "asked", 0), ("store", "part-held", 1), ("store", "part-put-back", 2)];
    let view = View::of(&REPAIR, PROCESS, &seen(&events), at(3));
    assert_eq!(view.steps[0].state, StepState::Undone);
    assert!(view.would_undo.is_empty(), "{view:?}");
    let again = [events.as_slice(), &[("store", "part-held", 3)]].concat();
    let view = View::of(&REPAIR, PROCESS, &seen(&again), at(4));
    assert_eq!((view.steps[0].state, view.steps[0].at), (StepState::Done, Some(at(3))));
    assert_eq!(view.would_undo, ["hold-part: the store takes the part back"]);
}

#[test]
fn within_a_service_the_log_is_right_and_not_the_clock() {
    // The clock of the store jumped back by an hour between the two.
    let mut events = seen(&[("workshop", "asked", 0), ("store", "part-held", 5)]);
    events.events.push(told("store", 3, "part-put-back", -3_600, None));
    let view = View::of(&REPAIR, PROCESS, &events, at(6));
    assert_eq!(view.steps[0].state, StepState::Undone);
}

#[test]
fn who_has_ended_waits_for_nothing() {
    let events = [("workshop", "asked", 0), ("workshop", "refused", 1)];
    let view = View::of(&REPAIR, PROCESS, &seen(&events), at(600));
    assert_eq!(states(&view), [StepState::Passed, StepState::Refused, StepState::Passed]);
    assert_eq!(view.ended.as_ref().map(|ending| (ending.by.as_str(), ending.at)), Some(("refused", at(1))));
    assert!(!view.is_stuck && view.remains.is_empty() && view.would_undo.is_empty());
}

#[test]
fn a_saga_says_what_remains_of_its_step_and_is_undone_first() {
    let events = [("workshop", "asked", 0), ("store", "part-held", 1), ("workshop", "begun", 2)];
    let mut seen = seen(&events);
    seen.sagas.push(mending(false));
    let view = View::of(&REPAIR, PROCESS, &seen, at(5));
    assert_eq!(view.remains, ["mend: screw", "mend: close"]);
    assert_eq!(view.would_undo, ["mend: undo open", "hold-part: the store takes the part back"]);
    seen.sagas = vec![mending(true)];
    let view = View::of(&REPAIR, PROCESS, &seen, at(5));
    assert!(view.stuck_because[0].contains("screw") && view.stuck_because[0].contains("no screwdriver"));
}

#[test]
fn a_letter_holds_a_process_up() {
    let mut seen = seen(&[("workshop", "asked", 0)]);
    seen.letters.push(parked(id_of("workshop", 1)));
    let view = View::of(&REPAIR, PROCESS, &seen, at(5));
    assert!(view.stuck_because[0].contains("store") && view.stuck_because[0].contains("locked"), "{view:?}");
}

#[test]
fn a_definition_that_waits_for_what_nobody_tells_is_refused() {
    assert_eq!(REPAIR.wrong(), None);
    let lost = Process { ends: &["burnt"], ..REPAIR };
    assert!(lost.wrong().unwrap().contains("burnt"));
    const ORPHAN: [Step; 1] = [Step { after: "begged", ..REPAIR_FIRST }];
    const REPAIR_FIRST: Step = Step {
        name: "hold-part",
        owners: &["store"],
        after: "asked",
        done: &["mended"],
        refused: &["refused"],
        undone: &[],
        undo: None,
        saga: None,
        within: None,
    };
    let orphan = Process { steps: &ORPHAN, ..REPAIR };
    assert!(orphan.wrong().unwrap().contains("begged"));
    const NOBODY: [Step; 1] = [Step { owners: &[], ..REPAIR_FIRST }];
    assert!(Process { steps: &NOBODY, ..REPAIR }.wrong().unwrap().contains("hold-part"));
}
