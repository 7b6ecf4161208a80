//! Whatever is done to a chain is found, and its place is named.

use proptest::prelude::*;
use tradewind_audit::{Broken, Digest, Document, Head, Outcome, Record, Role, Verifier, genesis};
use tradewind_kernel::{Id, Timestamp};

use crate::made::{CHAIN, Said, chain, linked, said};

fn verified(records: &[Record], head: &Head) -> Result<Head, Broken> {
    let mut verifier = Verifier::new(CHAIN);
    records.iter().try_for_each(|record| verifier.take(record))?;
    verifier.finish(head)
}

fn against(records: &[Record], head: &Head, kept: &Head) -> Result<Head, Broken> {
    let mut verifier = Verifier::new(CHAIN).against(kept.clone())?;
    records.iter().try_for_each(|record| verifier.take(record))?;
    verifier.finish(head)
}

fn chains() -> impl Strategy<Value = (Vec<Record>, Head)> {
    prop::collection::vec(said(), 2..12).prop_map(|said: Vec<Said>| chain(&said))
}

/// Changes one field of a record; which one, is drawn.
fn changed(record: &Record, field: u8) -> Record {
    let mut record = record.clone();
    match field {
        0 => record.at = Timestamp::from_micros(record.at.as_micros() + 1),
        1 => record.actor.role = if record.actor.role == Role::User { Role::Staff } else { Role::User },
        2 => record.actor.id.push('x'),
        3 => record.actor.on_behalf_of = record.actor.on_behalf_of.xor(Some(Id::from_u128(1))),
        4 => record.action.push('x'),
        5 => record.target.kind.push('x'),
        6 => record.target.id.push('x'),
        7 => record.before = other(record.before.as_ref()),
        8 => record.after = other(record.after.as_ref()),
        9 => record.correlation = Id::from_u128(8),
        10 => record.trace_id.push('x'),
        11 => record.outcome = Outcome::Refused(format!("{}x", record.outcome)),
        12 => record.previous = genesis("others"),
        _ => {
            let mut bytes = *record.hash.as_bytes();
            bytes[5] ^= 1;
            record.hash = Digest::from_bytes(bytes);
        }
    }
    record
}

fn other(document: Option<&Document>) -> Option<Document> {
    match document {
        None => Some(Document::parse("{}").unwrap()),
        Some(_) => None,
    }
}

proptest! {
    #[test]
    fn a_chain_as_it_was_written_is_whole((records, head) in chains()) {
        prop_assert_eq!(verified(&records, &head), Ok(head.clone()));
        // And from every head that was ever kept of it.
        for kept in 0..=records.len() {
            let hash = kept.checked_sub(1).map_or(genesis(CHAIN), |last| records[last].hash);
            let kept = Head { records: i64::try_from(kept).unwrap(), hash, ..head.clone() };
            prop_assert_eq!(against(&records, &head, &kept), Ok(head.clone()));
        }
    }

    #[test]
    fn it_survives_the_way_through_json((records, head) in chains()) {
        let lines: Vec<String> = records.iter().map(|record| serde_json::to_string_pretty(record).unwrap()).collect();
        let read: Vec<Record> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(&read, &records);
        prop_assert_eq!(verified(&read, &head), Ok(head));
    }

    #[test]
    fn a_change_of_any_field_is_found_where_it_is(
        (records, head) in chains(), at in any::<prop::sample::Index>(), field in 0_u8..14,
    ) {
        let at = at.index(records.len());
        let mut damaged = records.clone();
        damaged[at] = changed(&records[at], field);
        prop_assert_eq!(verified(&damaged, &head), Err(Broken::Changed { sequence: records[at].sequence }));
    }

    #[test]
    fn a_change_with_a_hash_that_fits_is_found_at_the_next(
        (records, head) in chains(), at in any::<prop::sample::Index>(), field in 0_u8..12,
    ) {
        let at = at.index(records.len());
        let mut damaged = records.clone();
        damaged[at] = linked(changed(&records[at], field));
        let sequence = records[at].sequence;
        let expected = match records.get(at + 1) {
            Some(next) => Broken::NotLinked { sequence: next.sequence },
            None => Broken::Head { records: head.records, found: sequence },
        };
        prop_assert_eq!(verified(&damaged, &head), Err(expected));
    }

    #[test]
    fn a_removal_is_found_where_it_was((records, head) in chains(), at in any::<prop::sample::Index>()) {
        let at = at.index(records.len());
        let mut damaged = records;
        let gone = damaged.remove(at).sequence;
        let expected = match damaged.get(at) {
            Some(next) => Broken::Missing { sequence: gone, found: next.sequence },
            None => Broken::Head { records: head.records, found: gone - 1 },
        };
        prop_assert_eq!(verified(&damaged, &head), Err(expected));
    }

    #[test]
    fn an_insertion_is_found_where_it_is(
        (records, head) in chains(), at in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(),
    ) {
        let (at, from) = (at.index(records.len()), from.index(records.len()));
        let mut damaged = records.clone();
        damaged.insert(at, records[from].clone());
        let broken = verified(&damaged, &head).unwrap_err();
        let place = records[at].sequence;
        let expected = match records[from].sequence {
            found if found > place => Broken::Missing { sequence: place, found },
            found if found < place => Broken::Misplaced { sequence: place, found },
            // A copy stands where the original does, and the original behind it.
            found => Broken::Misplaced { sequence: place + 1, found },
        };
        prop_assert_eq!(broken, expected);
    }

    #[test]
    fn an_exchange_is_found_at_the_first(
        (records, head) in chains(), one in any::<prop::sample::Index>(), two in any::<prop::sample::Index>(),
    ) {
        let (one, two) = (one.index(records.len()), two.index(records.len()));
        prop_assume!(one < two);
        let mut damaged = records.clone();
        damaged.swap(one, two);
        let expected = Broken::Missing { sequence: records[one].sequence, found: records[two].sequence };
        prop_assert_eq!(verified(&damaged, &head), Err(expected));
        // Nor does it help to exchange their numbers, too.
        damaged[one].sequence = records[one].sequence;
        damaged[two].sequence = records[two].sequence;
        let expected = Broken::Changed { sequence: records[one].sequence };
        prop_assert_eq!(verified(&damaged, &head), Err(expected));
    }

    #[test]
    fn only_a_kept_head_tells_that_the_end_was_cut_off(
        (records, head) in chains(), left in any::<prop::sample::Index>(),
    ) {
        let left = left.index(records.len());
        let (short, last) = (&records[..left], left.checked_sub(1).map(|last| records[last].hash));
        let found = i64::try_from(left).unwrap();
        let own = Head { records: found, hash: last.unwrap_or(genesis(CHAIN)), ..head.clone() };
        prop_assert_eq!(verified(short, &own), Ok(own.clone()));
        prop_assert_eq!(against(short, &own, &head), Err(Broken::CutOff { kept: head.records, found }));
    }

    #[test]
    fn only_a_kept_head_tells_that_a_chain_was_written_anew(
        (records, head) in chains(), first in said(),
    ) {
        let mut anew: Vec<Record> = chain(&[first]).0;
        for record in &records[1..] {
            let previous = anew.last().unwrap().hash;
            anew.push(linked(Record { previous, ..record.clone() }));
        }
        prop_assume!(anew[0] != records[0]);
        let own = Head { hash: anew.last().unwrap().hash, ..head.clone() };
        prop_assert_eq!(verified(&anew, &own), Ok(own.clone()));
        prop_assert_eq!(against(&anew, &own, &head), Err(Broken::WrittenAnew { kept: head.records }));
    }

    #[test]
    fn texts_do_not_run_together(one in said(), kind in "[a-z]{1,4}", id in "[a-z]{1,4}") {
        let (records, _) = chain(&[one]);
        let mut moved = records[0].clone();
        (moved.target.kind, moved.target.id) = (kind.clone(), id.clone());
        let mut together = moved.clone();
        (together.target.kind, together.target.id) = (format!("{kind}{id}"), String::new());
        prop_assert_ne!(linked(moved).hash, linked(together).hash);
    }
}

#[test]
fn a_record_of_one_chain_is_none_of_another() {
    let (records, head) = chain(&[]);
    assert!(records.is_empty() && verified(&records, &head).is_ok());
    let other = Verifier::new("others").against(head.clone());
    assert!(matches!(other, Err(Broken::OtherChain { .. })), "{other:?}");
    assert_ne!(genesis("others"), head.hash);
    let kept = Head { hash: genesis("others"), ..head };
    assert_eq!(Verifier::new(CHAIN).against(kept).unwrap_err(), Broken::WrittenAnew { kept: 0 });
}
