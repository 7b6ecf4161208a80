//! Processes of lamps that are mended, as services would show them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod lines;
mod views;

use std::time::Duration;

use tradewind_events::letters::LetterSummary;
use tradewind_events::{Envelope, Recorded};
use tradewind_kernel::{Id, Timestamp};
use tradewind_lineage::{Owned, Process, Step};
use tradewind_saga::{Happened, History, State, What};

/// Somebody asks for a repair; the store gives a part, the till takes money, the workshop mends.
pub(crate) static REPAIR: Process = Process {
    name: "repair",
    begins: "asked",
    ends: &["mended", "refused"],
    steps: &[
        Step {
            name: "hold-part",
            owners: &["store"],
            after: "asked",
            done: &["part-held"],
            refused: &["part-missing"],
            undone: &["part-put-back"],
            undo: Some("the store takes the part back"),
            saga: None,
            within: Some(Duration::from_secs(60)),
        },
        Step {
            name: "begin",
            owners: &["workshop"],
            after: "asked",
            done: &["begun"],
            refused: &["refused"],
            undone: &[],
            undo: None,
            saga: None,
            within: Some(Duration::from_secs(60)),
        },
        Step {
            name: "mend",
            owners: &["workshop"],
            after: "begun",
            done: &["mended"],
            refused: &[],
            undone: &[],
            undo: None,
            saga: Some("mending"),
            within: None,
        },
    ],
};

pub(crate) const PROCESS: Id = Id::from_u128(7);

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000 + second * 1_000_000)
}

/// An event of `service`, told at a second, caused by another.
pub(crate) fn told(
    service: &str,
    position: i64,
    kind: &str,
    second: i64,
    cause: Option<Id>,
) -> Owned<Recorded> {
    let data = serde_json::value::RawValue::from_string("{}".to_owned()).unwrap();
    let event = Envelope {
        specversion: "1.0".to_owned(),
        id: id_of(service, position),
        source: format!("/tradewind/{service}"),
        kind: kind.to_owned(),
        time: at(second),
        datacontenttype: "application/json".to_owned(),
        partitionkey: "repair-7".to_owned(),
        sequence: position,
        correlationid: PROCESS,
        causationid: cause,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        release: Some("1.4.0".to_owned()),
        data,
    };
    Owned { service: service.to_owned(), what: Recorded { position, event } }
}

pub(crate) fn id_of(service: &str, position: i64) -> Id {
    let service = service.bytes().fold(0_u128, |sum, byte| sum * 256 + u128::from(byte));
    Id::from_u128((service << 32) + u128::from(position.unsigned_abs()))
}

/// The saga of the workshop.
pub(crate) fn mending(is_stuck: bool) -> Owned<History> {
    let happened = |second, what, step: Option<&str>| Happened {
        at: at(second),
        what,
        step: step.map(str::to_owned),
        detail: None,
    };
    let what = History {
        saga: "mending".to_owned(),
        version: 1,
        id: PROCESS,
        correlation: PROCESS,
        state: State::Running,
        step: Some("screw".to_owned()),
        attempts: 9,
        is_stuck,
        reason: None,
        last_error: is_stuck.then(|| "no screwdriver".to_owned()),
        due: None,
        deadline: None,
        started_at: at(3),
        ended_at: None,
        happened: vec![happened(3, What::Started, None), happened(4, What::StepDone, Some("open"))],
        remains: Some(vec!["screw".to_owned(), "close".to_owned()]),
        would_undo: Some(vec!["open".to_owned()]),
    };
    Owned { service: "workshop".to_owned(), what }
}

/// The store could not handle the event with this id.
pub(crate) fn parked(event: Id) -> Owned<LetterSummary> {
    let what = LetterSummary {
        subscription: "workshop".to_owned(),
        position: 1,
        event_id: event,
        kind: "asked".to_owned(),
        partition_key: "repair-7".to_owned(),
        sequence: 1,
        attempts: 5,
        last_error: "the shelf is locked".to_owned(),
        first_failed_at: at(1),
        parked_at: at(9),
        edited: false,
    };
    Owned { service: "store".to_owned(), what }
}
