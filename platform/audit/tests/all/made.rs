//! Chains for tests.

use proptest::prelude::*;
use tradewind_audit::{Actor, Digest, Document, Head, Outcome, Record, Role, Target, genesis, hash};
use tradewind_kernel::{Id, Timestamp};

/// Whose chains they are.
pub const CHAIN: &str = "lamps";

/// What a record says, before it has a place.
#[derive(Debug, Clone)]
pub struct Said {
    at: i64,
    role: Role,
    who: String,
    for_whom: Option<u128>,
    action: String,
    target: (String, String),
    before: Option<i64>,
    after: Option<i64>,
    outcome: Outcome,
}

pub fn said() -> impl Strategy<Value = Said> {
    let role = prop_oneof![Just(Role::Staff), Just(Role::Admin), Just(Role::Service), Just(Role::System)];
    let outcome = prop_oneof![Just(Outcome::Done), "[a-z-]{1,8}".prop_map(Outcome::Refused)];
    let texts = ("[a-z:]{0,6}", "[a-z.-]{1,8}", ("[a-z]{0,4}", "[a-z0-9]{0,4}"));
    let numbers = (0_i64..1_000_000, prop::option::of(any::<u128>()));
    let facts = (prop::option::of(any::<i64>()), prop::option::of(any::<i64>()));
    (role, outcome, texts, numbers, facts).prop_map(
        |(role, outcome, (who, action, target), (at, for_whom), (before, after))| Said {
            at,
            role,
            who,
            for_whom,
            action,
            target,
            before,
            after,
            outcome,
        },
    )
}

/// A chain of records, as it would be written, and its end.
pub fn chain(said: &[Said]) -> (Vec<Record>, Head) {
    let mut records: Vec<Record> = Vec::new();
    for (sequence, said) in (1..).zip(said) {
        let previous = records.last().map_or(genesis(CHAIN), |last| last.hash);
        records.push(linked(record(sequence, said, previous)));
    }
    let hash = records.last().map_or(genesis(CHAIN), |last| last.hash);
    let head = Head { chain: CHAIN.to_owned(), records: i64::try_from(records.len()).unwrap(), hash };
    (records, head)
}

/// The record with its own hash.
pub fn linked(record: Record) -> Record {
    Record { hash: hash(CHAIN, &record), ..record }
}

fn record(sequence: i64, said: &Said, previous: Digest) -> Record {
    let document = |number: i64| Document::parse(&format!("{{\"n\":{number}}}")).unwrap();
    let (kind, id) = said.target.clone();
    Record {
        sequence,
        at: Timestamp::from_micros(said.at),
        actor: Actor {
            role: said.role,
            id: said.who.clone(),
            on_behalf_of: said.for_whom.map(Id::from_u128),
        },
        action: said.action.clone(),
        target: Target { kind, id },
        before: said.before.map(document),
        after: said.after.map(document),
        correlation: Id::from_u128(7),
        trace_id: "t".to_owned(),
        outcome: said.outcome.clone(),
        previous,
        hash: previous,
    }
}
