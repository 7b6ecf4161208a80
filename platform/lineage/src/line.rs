//! Everything that happened, each with what caused it.

use std::collections::BTreeMap;

use serde::Serialize;
use tradewind_events::Recorded;
use tradewind_events::letters::LetterSummary;
use tradewind_kernel::{Id, Span, SpanId, SpanKind, Timestamp, TraceContext};
use tradewind_saga::History;

use crate::seen::{Owned, Seen};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// Somebody asked a service for something.
    Request,
    /// A service told something.
    Event,
    /// A saga began, took a step, or undid one.
    Saga,
    /// An attempt failed: a call, or the handling of an event.
    Attempt,
    /// A service could not handle an event and put it aside.
    Letter,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When it happened, or began.
    pub at: Timestamp,
    /// In which service.
    pub service: String,
    /// Its kind.
    pub kind: EntryKind,
    /// What, such as the type of an event or `POST /lamps`.
    pub what: String,
    /// More about it: a status, a reason, what an attempt said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The place of the entry that caused it; none when nothing that is kept did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<usize>,
    /// The process it belongs to, as an id that its messages carry.
    pub correlation: Option<Id>,
    /// The release that told the event, where it said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// How long it took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_micros: Option<u64>,
}

/// The causal line of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Line {
    /// What happened, by time.
    pub entries: Vec<Entry>,
}

/// An entry while its cause is looked for.
struct Found {
    entry: Entry,
    is: Is,
}

/// What an entry is, for those that it caused.
enum Is {
    /// An event, what caused it if an event did, and the span in which it was told.
    Event { id: Id, cause: Option<Id>, span: Option<SpanId> },
    /// A span.
    Span(SpanId),
    /// A part of an instance of a saga.
    Part(String, Id),
    /// A letter about this event.
    Letter(Id),
}

/// How what was found is looked up.
#[derive(Default)]
struct Index {
    events: BTreeMap<Id, usize>,
    /// Spans that are entries.
    spans: BTreeMap<SpanId, usize>,
    /// Events by the span in which they were told; the last of several.
    told: BTreeMap<SpanId, usize>,
    /// The beginning of each instance of a saga.
    begun: BTreeMap<(String, Id), usize>,
    /// What caused each span that is kept, entry or not.
    parents: BTreeMap<SpanId, Option<SpanId>>,
    /// The service of each span that is kept.
    services: BTreeMap<SpanId, String>,
    /// The entries of sagas, in order.
    parts: Vec<usize>,
}

impl Line {
    /// Puts everything that was `seen` in one line.
    #[must_use]
    pub fn of(seen: &Seen) -> Self {
        let mut found: Vec<Found> = seen.in_order().into_iter().map(event).collect();
        found.extend(seen.spans.iter().filter_map(span));
        found.extend(seen.sagas.iter().flat_map(saga));
        found.extend(seen.letters.iter().map(letter));
        found.sort_by_key(|one| (one.entry.at, one.entry.kind));
        let index = Index::of(&found, &seen.spans);
        let causes: Vec<Option<usize>> =
            (0..found.len()).map(|at| index.cause(&found, at).filter(|cause| *cause != at)).collect();
        let mut entries: Vec<Entry> = found.into_iter().map(|one| one.entry).collect();
        for (entry, cause) in entries.iter_mut().zip(causes) {
            entry.cause = cause;
        }
        Self { entries }
    }

    /// The places of the entries as a tree in pre-order, each with its depth: what was caused stands under its cause,
    /// oldest first.
    #[must_use]
    pub fn tree(&self) -> Vec<(usize, usize)> {
        let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            children.entry(entry.cause).or_default().push(at);
        }
        let mut tree = Vec::with_capacity(self.entries.len());
        let mut is_placed = vec![false; self.entries.len()];
        let roots = children.get(&None).cloned().unwrap_or_default();
        // Whatever caused each other in a circle, which clocks and broken senders can make believe, is placed last.
        for root in roots.into_iter().chain(0..self.entries.len()) {
            let mut ahead = vec![(root, 0)];
            while let Some((at, depth)) = ahead.pop() {
                if std::mem::replace(&mut is_placed[at], true) {
                    continue;
                }
                tree.push((at, depth));
                let caused = children.get(&Some(at)).into_iter().flatten();
                ahead.extend(caused.rev().map(|child| (*child, depth + 1)));
            }
        }
        tree
    }
}

impl Index {
    fn of(found: &[Found], spans: &[Span]) -> Self {
        let mut index = Self::default();
        index.parents.extend(spans.iter().map(|span| (span.span_id, span.parent_span_id)));
        index.services.extend(spans.iter().map(|span| (span.span_id, span.service.to_string())));
        for (at, one) in found.iter().enumerate() {
            match &one.is {
                Is::Event { id, span, .. } => {
                    index.events.insert(*id, at);
                    index.told.extend(span.map(|span| (span, at)));
                }
                Is::Span(span) => {
                    index.spans.insert(*span, at);
                }
                Is::Part(name, id) => {
                    index.begun.entry((name.clone(), *id)).or_insert(at);
                    index.parts.push(at);
                }
                Is::Letter(_) => {}
            }
        }
        index
    }

    fn cause(&self, found: &[Found], at: usize) -> Option<usize> {
        match &found[at].is {
            Is::Event { cause: Some(cause), .. } | Is::Letter(cause) => self.events.get(cause).copied(),
            Is::Event { span, .. } => {
                let within =
                    span.and_then(|span| self.spans.get(&span).copied().or_else(|| self.above(span)));
                within.or_else(|| self.part_before(found, at))
            }
            Is::Span(span) => {
                let of_saga = self.saga_that_called(found, at, *span);
                of_saga.or_else(|| self.above(*span)).or_else(|| self.part_before(found, at))
            }
            Is::Part(name, id) => match self.begun.get(&(name.clone(), *id)) {
                Some(begun) if *begun != at => Some(*begun),
                _ => told_before(found, at),
            },
        }
    }

    /// The nearest entry above a span: another span, or the last event that was told in one.
    fn above(&self, span: SpanId) -> Option<usize> {
        let mut next = span;
        // A sender may claim a circle of spans.
        for _ in 0..self.parents.len() {
            next = self.parents.get(&next).copied().flatten()?;
            let found = self.told.get(&next).or_else(|| self.spans.get(&next));
            if let Some(at) = found {
                return Some(*at);
            }
        }
        None
    }

    /// The beginning of the saga that made a call: a saga goes on in the trace of whatever began it, so that spans alone
    /// do not tell its calls from those of others.
    fn saga_that_called(&self, found: &[Found], at: usize, span: SpanId) -> Option<usize> {
        let caller = self.services.get(&self.parents.get(&span).copied().flatten()?)?;
        let Entry { correlation, .. } = &found[at].entry;
        let made = |part: &&usize| {
            let entry = &found[**part].entry;
            **part < at && entry.correlation == *correlation && entry.service == *caller
        };
        let part = self.parts.iter().rev().find(made)?;
        match &found[*part].is {
            Is::Part(name, id) => self.begun.get(&(name.clone(), *id)).copied(),
            _ => None,
        }
    }

    /// What a saga of the same process did last before: it calls others, and is no message.
    fn part_before(&self, found: &[Found], at: usize) -> Option<usize> {
        let own = found[at].entry.correlation?;
        let is_of_same = |part: &&usize| found[**part].entry.correlation == Some(own) && **part < at;
        self.parts.iter().rev().find(is_of_same).copied()
    }
}

/// The last event of the same process before.
fn told_before(found: &[Found], at: usize) -> Option<usize> {
    let own = found[at].entry.correlation;
    let fits = |before: &usize| {
        let Entry { kind, correlation, .. } = found[*before].entry;
        kind == EntryKind::Event && correlation == own
    };
    (0..at).rev().find(fits)
}

fn event(event: &Owned<Recorded>) -> Found {
    let told = &event.what.event;
    let span = told.traceparent.parse::<TraceContext>().ok().map(|trace| trace.span());
    let is = Is::Event { id: told.id, cause: told.causationid, span };
    let entry = Entry {
        at: told.time,
        service: event.service.clone(),
        kind: EntryKind::Event,
        what: told.kind.clone(),
        detail: Some(format!("{} #{}", told.partitionkey, told.sequence)),
        cause: None,
        correlation: Some(told.correlationid),
        release: told.release.clone(),
        took_micros: None,
    };
    Found { entry, is }
}

/// What somebody asked for, unless it only read; and every attempt that failed.
fn span(span: &Span) -> Option<Found> {
    let kind = match (span.kind, &span.error) {
        (SpanKind::Server, error) if error.is_some() || !span.name.starts_with("GET ") => EntryKind::Request,
        (SpanKind::Client | SpanKind::Consumer, Some(_)) => EntryKind::Attempt,
        _ => return None,
    };
    let entry = Entry {
        at: span.start,
        service: span.service.to_string(),
        kind,
        what: span.name.to_string(),
        detail: span.error.clone(),
        cause: None,
        correlation: Some(span.correlation),
        release: None,
        took_micros: u64::try_from(span.took().as_micros()).ok(),
    };
    Some(Found { entry, is: Is::Span(span.span_id) })
}

fn saga(saga: &Owned<History>) -> impl Iterator<Item = Found> {
    let History { saga: name, id, correlation, happened, .. } = &saga.what;
    happened.iter().map(move |happened| {
        let what = happened.what.name();
        let what = match &happened.step {
            Some(step) => format!("{name}: {step} {}", what.trim_start_matches("step-")),
            None => format!("{name}: {what}"),
        };
        let entry = Entry {
            at: happened.at,
            service: saga.service.clone(),
            kind: EntryKind::Saga,
            what,
            detail: happened.detail.clone(),
            cause: None,
            correlation: Some(*correlation),
            release: None,
            took_micros: None,
        };
        Found { entry, is: Is::Part(name.clone(), *id) }
    })
}

fn letter(letter: &Owned<LetterSummary>) -> Found {
    let summary = &letter.what;
    let entry = Entry {
        at: summary.parked_at,
        service: letter.service.clone(),
        kind: EntryKind::Letter,
        what: format!("parked {} #{}", summary.kind, summary.sequence),
        detail: Some(format!("{} attempts: {}", summary.attempts, summary.last_error)),
        cause: None,
        correlation: None,
        release: None,
        took_micros: None,
    };
    Found { entry, is: Is::Letter(summary.event_id) }
}
