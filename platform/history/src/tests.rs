use proptest::prelude::*;

use super::*;

const OWNER: Promises = Promises { versions: Versions::Named, reads: Reads::Newest };
const COUNTED: Promises = Promises { versions: Versions::Counted, reads: Reads::Newest };
const COPY: Promises = Promises { versions: Versions::Named, reads: Reads::Monotonic };
const SESSION: Promises = Promises { versions: Versions::Named, reads: Reads::OwnWrites };
const ANY: Promises = Promises { versions: Versions::Named, reads: Reads::Any };

/// What `promises` makes of operations on one object: who, when, until when, what.
fn found(promises: Promises, operations: &[(&str, u64, u64, What)]) -> Vec<String> {
    let one = |(session, invoked, completed, what): &(&str, u64, u64, What)| Operation {
        session: (*session).to_owned(),
        object: "x".to_owned(),
        invoked: *invoked,
        completed: (*completed > 0).then_some(*completed),
        what: *what,
    };
    let operations: Vec<Operation> = operations.iter().map(one).collect();
    let report = check(&operations, |_| promises);
    report.breaches.into_iter().map(|breach| breach.rule.to_string()).collect()
}

fn write(version: u64) -> What {
    What::Write { version }
}

fn read(version: u64) -> What {
    What::Read { version }
}

fn over(expected: u64, version: u64) -> What {
    What::WriteIf { expected, version }
}

fn event(sequence: u64) -> What {
    What::Event { sequence, has_effect: true }
}

#[test]
fn a_session_that_does_not_see_its_own_write_is_told_from_one_that_sees_anothers() {
    let own = Rule::OwnWrites.to_string();
    let old = [("a", 1, 2, write(7)), ("a", 3, 4, write(8)), ("a", 5, 6, read(7))];
    assert_eq!(found(SESSION, &old), std::slice::from_ref(&own));
    assert_eq!(found(SESSION, &[("a", 1, 2, write(7)), ("a", 3, 4, read(0))]), [own]);
    assert_eq!(found(COPY, &old), [""; 0]);
    // Somebody else wrote meanwhile: whose write was the last is not known.
    let others = [("a", 1, 3, write(7)), ("b", 2, 4, write(8)), ("a", 5, 6, read(8)), ("b", 5, 6, read(7))];
    assert_eq!(found(SESSION, &others), [""; 0]);
}

#[test]
fn what_is_written_again_may_come_again_as_long_as_one_of_its_writes_is_unanswered() {
    let writes = [("a", 1, 2, write(7)), ("a", 4, 5, write(8))];
    let read = ("a", 6, 7, read(7));
    let unanswered = [&writes[..], &[("b", 3, 0, write(7)), read]].concat();
    assert_eq!(found(OWNER, &unanswered), [""; 0]);
    let late = [&writes[..], &[("b", 3, 5, write(7)), read]].concat();
    assert_eq!(found(OWNER, &late), [""; 0]);
    let before = [&writes[..], &[("b", 1, 3, write(7)), read]].concat();
    assert_eq!(found(OWNER, &before), [Rule::OwnWrites.to_string()]);
}

#[test]
fn a_session_that_goes_back_is_noticed_on_a_copy_as_well() {
    let writes = [("w", 1, 2, write(7)), ("w", 3, 4, write(8))];
    let back = [&writes[..], &[("a", 5, 6, read(8)), ("a", 7, 8, read(7))]].concat();
    assert_eq!(found(COPY, &back), [Rule::MonotonicReads.to_string()]);
    assert_eq!(found(ANY, &back), [""; 0]);
    let two = [&writes[..], &[("a", 5, 6, read(8)), ("b", 7, 8, read(7))]].concat();
    assert_eq!(found(COPY, &two), [""; 0]);
    let beside = [&writes[..], &[("a", 5, 8, read(8)), ("a", 7, 9, read(7))]].concat();
    assert_eq!(found(COPY, &beside), [""; 0]);
}

#[test]
fn who_is_told_less_than_another_was_before_reads_from_a_copy() {
    let newest = Rule::NewestReads.to_string();
    let after_write = [("a", 1, 2, write(7)), ("b", 3, 4, read(0))];
    assert_eq!(found(OWNER, &after_write), std::slice::from_ref(&newest));
    assert_eq!(found(SESSION, &after_write), [""; 0]);
    assert_eq!(found(COUNTED, &[("a", 1, 2, read(2)), ("b", 3, 4, read(1))]), [newest]);
    // What was not answered may come later.
    assert_eq!(found(OWNER, &[("a", 1, 0, write(7)), ("b", 3, 4, read(0))]), [""; 0]);
    assert_eq!(found(OWNER, &[("a", 1, 3, write(7)), ("b", 2, 4, read(0))]), [""; 0]);
}

#[test]
fn what_nobody_wrote_or_had_begun_to_write_is_not_read() {
    let written = Rule::Written.to_string();
    assert_eq!(found(ANY, &[("a", 1, 2, read(7))]), std::slice::from_ref(&written));
    assert_eq!(found(ANY, &[("a", 1, 2, read(7)), ("b", 3, 4, write(7))]), [written]);
    assert_eq!(found(ANY, &[("a", 1, 3, read(7)), ("b", 2, 0, write(7))]), [""; 0]);
    assert_eq!(found(COUNTED, &[("a", 1, 2, read(7))]), [""; 0]);
}

#[test]
fn of_two_conditional_writes_over_the_same_version_one_was_stale() {
    let conditions = Rule::Conditions.to_string();
    assert_eq!(
        found(OWNER, &[("a", 1, 2, over(0, 7)), ("b", 1, 2, over(0, 8))]),
        std::slice::from_ref(&conditions)
    );
    assert_eq!(found(OWNER, &[("a", 1, 2, over(0, 7)), ("b", 3, 0, over(0, 8))]), [""; 0]);
    assert_eq!(found(OWNER, &[("a", 1, 2, over(0, 7)), ("b", 3, 4, over(7, 8))]), [""; 0]);
    // The same once more found itself done.
    assert_eq!(found(OWNER, &[("a", 1, 2, over(0, 7)), ("b", 3, 4, over(0, 7))]), [""; 0]);
    assert_eq!(
        found(OWNER, &[("a", 1, 2, write(7)), ("b", 3, 4, over(0, 8))]),
        std::slice::from_ref(&conditions)
    );
    assert_eq!(found(COUNTED, &[("a", 1, 2, read(3)), ("b", 3, 4, over(2, 4))]), [conditions]);
    assert_eq!(found(COUNTED, &[("a", 1, 4, read(3)), ("b", 3, 5, over(2, 4))]), [""; 0]);
}

#[test]
fn an_acknowledged_addition_counts_once_and_an_unanswered_one_at_most_once() {
    let add = |amount| What::Add { amount };
    let total = |amount| ("z", 10, 11, What::Total { amount });
    let added = [("a", 1, 2, add(5)), ("b", 1, 0, add(3)), ("c", 1, 2, add(-2)), ("d", 12, 13, add(100))];
    let with = |amount| found(OWNER, &[&added[..], &[total(amount)]].concat());
    for (amount, holds) in
        [(3, true), (6, true), (5, false), (0, false), (8, false), (9, false), (106, false)]
    {
        let expected = if holds { vec![] } else { vec![Rule::Totals.to_string()] };
        assert_eq!(with(amount), expected, "{amount}");
    }
    // With very many that were not answered, only the bounds are known.
    let mut many: Vec<_> = (0..20).map(|bit| ("a", 1, 0, add(1 << bit))).collect();
    many.push(total((1 << 20) - 1));
    assert_eq!(found(OWNER, &many), [""; 0]);
    many.push(total(1 << 20));
    assert_eq!(found(OWNER, &many), [Rule::Totals.to_string()]);
}

#[test]
fn events_come_in_order_and_again_without_effect() {
    let order = Rule::EventOrder.to_string();
    let again = |sequence| What::Event { sequence, has_effect: false };
    let given = |events: &[What]| {
        let all: Vec<_> = events.iter().map(|event| ("consumer", 1, 2, *event)).collect();
        found(OWNER, &all)
    };
    assert_eq!(given(&[event(1), event(2), again(1), again(2), event(3)]), [""; 0]);
    assert_eq!(given(&[event(2)]), std::slice::from_ref(&order), "the first is missing");
    assert_eq!(given(&[event(1), event(3), event(4)]), std::slice::from_ref(&order), "a gap, once");
    assert_eq!(given(&[event(1), event(2), event(1)]), std::slice::from_ref(&order), "back");
    assert_eq!(given(&[event(1), event(1), event(2)]), std::slice::from_ref(&order), "twice");
    assert_eq!(given(&[event(1), again(2)]), [order], "passed over what it never had");
    assert_eq!(found(OWNER, &[("a", 1, 2, event(1)), ("b", 1, 2, event(1))]), [""; 0], "two consumers");
}

#[test]
fn a_report_names_every_rule_and_says_what_was_examined() {
    let operations = |history: &mut History| {
        let first = history.moment();
        history.answered("a", "x", first, write(7));
        let second = history.moment();
        history.answered("a", "x", second, read(7));
        let third = history.moment();
        history.unanswered("a", "y", third, What::Add { amount: 1 });
    };
    let mut history = History::default();
    operations(&mut history);
    let report = check(history.operations(), |_| OWNER);
    assert_eq!(report.breaches, []);
    assert_eq!(report.examined.len(), Rule::ALL.len());
    assert_eq!((report.examined[&Rule::OwnWrites], report.examined[&Rule::Written]), (1, 1));
    assert_eq!(report.examined[&Rule::Totals], 0);
    assert_eq!(history.operations()[1].to_string(), "a, x: read 7, asked at 3, answered at 4");
    assert_eq!(history.operations()[2].to_string(), "a, y: added 1, asked at 5, not answered");
}

/// What a client of the model does.
#[derive(Debug, Clone, Copy)]
enum Act {
    Write,
    /// Over the version of now, or over another one, which is refused.
    WriteIf {
        is_stale: bool,
    },
    Read,
    /// The copy catches up.
    Follow,
    ReadCopy,
    Add(i64),
    Total,
    Consume,
}

/// An act of a session, when it begins, how long until its effect and until its answer, and whether that arrives.
#[derive(Debug, Clone, Copy)]
struct Planned {
    session: u8,
    act: Act,
    begins: u16,
    until_effect: u16,
    until_answer: u16,
    is_answered: bool,
    /// Without an answer, it may have no effect either.
    has_effect: bool,
}

/// What the acts are done to: everything happens at once, at the effect of the act.
#[derive(Debug, Default)]
struct Model {
    owner: u64,
    copied: Vec<u64>,
    copy: usize,
    total: i64,
    consumed: u64,
}

impl Model {
    /// What the act of number `number` did, on which object.
    fn act(&mut self, act: Act, number: u64) -> Option<(&'static str, What)> {
        match act {
            Act::Write if number.is_multiple_of(2) => {
                self.copied.push(number);
                Some(("copied", write(number)))
            }
            Act::Write => {
                self.owner = number;
                Some(("owner", write(number)))
            }
            Act::WriteIf { is_stale: true } => None,
            Act::WriteIf { is_stale: false } => {
                let expected = std::mem::replace(&mut self.owner, number);
                Some(("owner", over(expected, number)))
            }
            Act::Read => Some(("owner", read(self.owner))),
            Act::Follow => {
                self.copy = self.copied.len();
                None
            }
            Act::ReadCopy => {
                let version = self.copied[..self.copy].last().copied().unwrap_or_default();
                Some(("copied", read(version)))
            }
            Act::Add(amount) => {
                self.total += amount;
                Some(("sum", What::Add { amount }))
            }
            Act::Total => Some(("sum", What::Total { amount: self.total })),
            Act::Consume => {
                self.consumed += 1;
                Some(("log", event(self.consumed)))
            }
        }
    }
}

fn planned() -> impl Strategy<Value = Planned> {
    let act = prop_oneof![
        Just(Act::Write),
        any::<bool>().prop_map(|is_stale| Act::WriteIf { is_stale }),
        Just(Act::Read),
        Just(Act::Follow),
        Just(Act::ReadCopy),
        (-3_i64..9).prop_map(Act::Add),
        Just(Act::Total),
        Just(Act::Consume),
    ];
    let times = (0_u16..300, 1_u16..20, 1_u16..20);
    let planned = (0_u8..3, act, times, prop::bool::weighted(0.8), any::<bool>());
    planned.prop_map(|(session, act, (begins, until_effect, until_answer), is_answered, may)| {
        let has_effect = is_answered || may;
        Planned { session, act, begins, until_effect, until_answer, is_answered, has_effect }
    })
}

/// What happens when everything keeps its promises.
fn course(plan: &[Planned]) -> Vec<Operation> {
    let mut steps: Vec<(u16, usize, u8)> = Vec::new();
    for (index, planned) in plan.iter().enumerate() {
        let effect = planned.begins + planned.until_effect;
        steps.extend([
            (planned.begins, index, 0),
            (effect, index, 1),
            (effect + planned.until_answer, index, 2),
        ]);
    }
    steps.sort_unstable();
    let (mut model, mut history) = (Model::default(), History::default());
    let mut under_way: Vec<(u64, Option<(&str, What)>)> = vec![(0, None); plan.len()];
    for (_, index, step) in steps {
        let Planned { act, is_answered, has_effect, session, .. } = plan[index];
        let number = index as u64 + 1;
        match step {
            0 => under_way[index].0 = history.moment(),
            1 if has_effect => under_way[index].1 = model.act(act, number),
            1 => {}
            _ => {
                let (invoked, done) = under_way[index];
                let is_seen = !matches!(act, Act::Read | Act::ReadCopy | Act::Total);
                let session = session.to_string();
                match done {
                    // The log has one consumer, whose cursor moves with the effect.
                    Some((object, what @ What::Event { .. })) => {
                        history.answered("log", object, invoked, what);
                    }
                    Some((object, what)) if is_answered => history.answered(&session, object, invoked, what),
                    Some((object, what)) if is_seen => history.unanswered(&session, object, invoked, what),
                    _ => {}
                }
            }
        }
    }
    in_order_of_events(history.operations().to_vec())
}

/// Answers cross: what a consumer was given is recorded in the order in which it was given.
fn in_order_of_events(mut operations: Vec<Operation>) -> Vec<Operation> {
    operations.sort_by_key(|operation| match operation.what {
        What::Event { sequence, .. } => sequence,
        _ => 0,
    });
    operations
}

fn promised(object: &str) -> Promises {
    match object {
        "copied" => COPY,
        _ => OWNER,
    }
}

proptest! {
    #[test]
    fn what_keeps_its_promises_is_never_accused(plan in prop::collection::vec(planned(), 0..60)) {
        let report = check(&course(&plan), promised);
        prop_assert_eq!(report.breaches, []);
    }

    #[test]
    fn a_read_of_the_beginning_after_any_answer_is_noticed(
        plan in prop::collection::vec(planned(), 10..60), which in any::<prop::sample::Index>()
    ) {
        let mut operations = course(&plan);
        let reads: Vec<usize> = (0..operations.len())
            .filter(|at| matches!(operations[*at].what, What::Read { version } if version > 0))
            .filter(|at| operations[*at].object == "owner" && was_told(&operations, *at))
            .collect();
        prop_assume!(!reads.is_empty());
        operations[reads[which.index(reads.len())]].what = read(0);
        prop_assert!(!check(&operations, promised).breaches.is_empty());
    }

    #[test]
    fn a_lost_addition_is_noticed(plan in prop::collection::vec(planned(), 0..40), lost in 10_000_i64..20_000) {
        let mut history = History::default();
        let mut operations = course(&plan);
        let total = operations.iter().filter_map(|operation| match (operation.what, operation.completed) {
            (What::Add { amount }, _) => Some(amount),
            _ => None,
        });
        let amount = total.sum();
        let last = operations.iter().filter_map(|operation| operation.completed).max().unwrap_or_default();
        while history.moment() < last {}
        let invoked = history.moment();
        history.answered("judge", "sum", invoked, What::Add { amount: lost });
        let invoked = history.moment();
        history.answered("judge", "sum", invoked, What::Total { amount });
        operations.extend(history.operations().iter().cloned());
        prop_assert_eq!(check(&operations, promised).breaches.len(), 1);
    }

    #[test]
    fn an_event_that_is_left_out_or_comes_again_is_noticed(
        plan in prop::collection::vec(planned(), 20..60), which in any::<prop::sample::Index>(), again in any::<bool>()
    ) {
        let mut operations = course(&plan);
        let events: Vec<usize> = (0..operations.len())
            .filter(|at| matches!(operations[*at].what, What::Event { .. }))
            .collect();
        prop_assume!(events.len() > 1);
        // Leaving the last one out is no gap.
        let at = events[which.index(events.len() - 1)];
        if again {
            operations.insert(at, operations[at].clone());
        } else {
            operations.remove(at);
        }
        prop_assert!(!check(&operations, promised).breaches.is_empty());
    }
}

/// Whether somebody had been told that the object was written, before this read.
fn was_told(operations: &[Operation], at: usize) -> bool {
    let read = &operations[at];
    operations.iter().any(|other| {
        let is_version = match other.what {
            What::Write { version } | What::WriteIf { version, .. } | What::Read { version } => version > 0,
            _ => false,
        };
        other.object == read.object
            && is_version
            && other.completed.is_some_and(|completed| completed < read.invoked)
    })
}
