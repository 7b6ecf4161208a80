//! Everything that happened, under what caused it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use tradewind_kernel::{Span, SpanId, SpanKind, TraceContext};
use tradewind_lineage::{EntryKind, Line, Seen};

use super::{PROCESS, at, id_of, mending, parked, told};

/// The span in which every event of these tests is told.
const TOLD_IN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn span(service: &'static str, name: &'static str, kind: SpanKind, second: i64) -> Span {
    let trace: TraceContext = TOLD_IN.parse().unwrap();
    Span {
        service: Cow::Borrowed(service),
        name: Cow::Borrowed(name),
        kind,
        trace_id: trace.trace(),
        span_id: trace.span(),
        parent_span_id: None,
        correlation: PROCESS,
        start: at(second),
        end: at(second + 1),
        error: None,
        attributes: BTreeMap::new(),
    }
}

fn other(digit: u8) -> SpanId {
    let text = TOLD_IN.replace("b7ad6b7169203331", &format!("b7ad6b716920333{digit}"));
    text.parse::<TraceContext>().unwrap().span()
}

/// What was caused by what, by name.
fn causes(line: &Line) -> Vec<(String, Option<String>)> {
    let name = |at: usize| line.entries[at].what.clone();
    line.entries.iter().map(|entry| (entry.what.clone(), entry.cause.map(name))).collect()
}

fn because(line: &Line, what: &str) -> Option<String> {
    causes(line).into_iter().find(|(name, _)| name == what).unwrap().1
}

#[test]
fn an_event_stands_under_the_event_or_the_request_that_caused_it() {
    let seen = Seen {
        events: vec![
            told("store", 1, "part-held", 2, Some(id_of("workshop", 1))),
            told("workshop", 1, "asked", 1, None),
        ],
        spans: vec![span("workshop", "POST /repairs", SpanKind::Server, 0)],
        ..Seen::default()
    };
    let line = Line::of(&seen);
    assert_eq!(because(&line, "POST /repairs"), None);
    assert_eq!(because(&line, "asked").as_deref(), Some("POST /repairs"));
    assert_eq!(because(&line, "part-held").as_deref(), Some("asked"));
    assert_eq!(line.tree(), [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(line.entries[1].release.as_deref(), Some("1.4.0"));
}

#[test]
fn an_effect_may_seem_earlier_than_its_cause() {
    let seen = Seen {
        events: vec![
            told("workshop", 1, "asked", 10, None),
            told("store", 1, "part-held", 2, Some(id_of("workshop", 1))),
        ],
        ..Seen::default()
    };
    let line = Line::of(&seen);
    assert_eq!(because(&line, "part-held").as_deref(), Some("asked"));
    assert_eq!(line.tree(), [(1, 0), (0, 1)]);
}

#[test]
fn what_only_reads_is_left_out_and_what_failed_is_not() {
    let reads = span("workshop", "GET /repairs", SpanKind::Server, 0);
    let fails =
        Span { error: Some("no answer".into()), ..span("workshop", "GET /parts", SpanKind::Client, 1) };
    let calls = span("workshop", "PUT /parts", SpanKind::Client, 2);
    let line = Line::of(&Seen { spans: vec![reads, fails, calls], ..Seen::default() });
    assert_eq!(causes(&line), [("GET /parts".to_owned(), None)]);
    assert_eq!(line.entries[0].kind, EntryKind::Attempt);
    assert_eq!(line.entries[0].detail.as_deref(), Some("no answer"));
}

#[test]
fn calls_of_a_saga_stand_under_it() {
    let client = Span {
        span_id: other(8),
        parent_span_id: None,
        ..span("workshop", "PUT /drill", SpanKind::Client, 5)
    };
    let server = Span {
        span_id: other(9),
        parent_span_id: Some(other(8)),
        ..span("tools", "PUT /drill", SpanKind::Server, 5)
    };
    let seen = Seen {
        events: vec![told("workshop", 1, "asked", 1, None), told("tools", 1, "drilled", 6, None)],
        sagas: vec![mending(false)],
        spans: vec![client, server],
        ..Seen::default()
    };
    let line = Line::of(&seen);
    assert_eq!(because(&line, "mending: started").as_deref(), Some("asked"));
    assert_eq!(because(&line, "mending: open done").as_deref(), Some("mending: started"));
    assert_eq!(because(&line, "PUT /drill").as_deref(), Some("mending: started"));
    assert_eq!(because(&line, "drilled").as_deref(), Some("mending: open done"));
}

#[test]
fn a_letter_stands_under_the_event_that_is_in_it() {
    let seen = Seen {
        events: vec![told("workshop", 1, "asked", 1, None)],
        letters: vec![parked(id_of("workshop", 1))],
        ..Seen::default()
    };
    let line = Line::of(&seen);
    assert_eq!(because(&line, "parked asked #1").as_deref(), Some("asked"));
    assert!(line.entries[1].detail.as_deref().unwrap().contains("5 attempts"));
}

#[test]
fn an_event_that_two_services_showed_is_there_once() {
    let event = told("workshop", 1, "asked", 1, None);
    let line = Line::of(&Seen { events: vec![event.clone(), event], ..Seen::default() });
    assert_eq!(line.entries.len(), 1);
}

proptest! {
    #[test]
    fn whatever_senders_claim_everything_is_placed_once(
        claims in prop::collection::vec((0_i64..20, prop::option::of(0_i64..25)), 0..20),
    ) {
        let events = claims.iter().enumerate().map(|(place, (second, cause))| {
            let position = i64::try_from(place).unwrap();
            told("workshop", position, "asked", *second, cause.map(|cause| id_of("workshop", cause)))
        });
        let line = Line::of(&Seen { events: events.collect(), ..Seen::default() });
        let mut places: Vec<usize> = line.tree().into_iter().map(|(at, _)| at).collect();
        places.sort_unstable();
        prop_assert_eq!(places, (0..claims.len()).collect::<Vec<_>>());
    }
}
