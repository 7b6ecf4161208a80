//! What is told of a run.

use tradewind_sim::{Came, Change, Entry, Message, Outcome, Plan, What, run};

use crate::lamps::{User, plan};

fn whole(seed: u64) -> Outcome {
    run(&Plan { keeps_all: true, ..plan(seed) }, &User).unwrap()
}

fn messages(outcome: &Outcome) -> impl Iterator<Item = (&Entry, &Message)> {
    outcome.journal.iter().filter_map(|entry| match &entry.what {
        What::Message(message) => Some((entry, &**message)),
        _ => None,
    })
}

#[test]
fn everything_that_was_played_is_in_the_journal() {
    let outcome = whole(1);
    let count = |is: fn(&What) -> bool| outcome.journal.iter().filter(|entry| is(&entry.what)).count();
    assert_eq!(outcome.journal.len() as u64, outcome.entries);
    assert_eq!(count(|what| matches!(what, What::Act { .. })), outcome.planned_acts.len());
    assert_eq!(count(|what| matches!(what, What::Fault { .. })), outcome.planned_faults.len());
    let lives = count(|what| matches!(what, What::Node { change: Change::Begins(_), .. }));
    let ends = count(|what| matches!(what, What::Node { change: Change::Ends | Change::Leaves, .. }));
    assert_eq!(lives, ends, "every life ends, the last with the run");
}

#[test]
fn a_request_is_told_with_its_way_even_when_nobody_waits_for_it_any_more() {
    let outcomes: Vec<Outcome> = (1..=12).map(whole).collect();
    let all = || outcomes.iter().flat_map(messages);
    for (entry, message) in all() {
        assert!(message.sent <= entry.at && message.correlation.is_some(), "{entry}");
        assert_eq!(message.arrived.is_some(), message.node.is_some(), "{entry}");
        assert!(message.arrived.is_none_or(|at| message.sent <= at && at <= entry.at), "{entry}");
    }
    for came in [Came::Answered(200), Came::Answered(404), Came::Refused, Came::Nothing] {
        assert!(all().any(|(_, message)| message.came == came), "{came:?}");
    }
}

#[test]
fn whether_everything_is_kept_does_not_change_the_run() {
    let (some, all) = (run(&plan(4), &User).unwrap(), whole(4));
    assert_eq!((&some.trace, some.entries), (&all.trace, all.entries));
    assert_eq!(some.journal, all.journal[all.journal.len() - some.journal.len()..]);
}
