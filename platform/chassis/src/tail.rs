//! What an internal door shows of its service while it runs: log lines, spans, and the event log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::Db;
use tradewind_events::{EventFilter, Feed, FeedError, Horizon, LogFeed, MAX_CORRELATIONS, Recorded};
use tradewind_kernel::{Id, Span, TraceId};
use tradewind_problem::{EVENTS_PRUNED, INVALID_PARAMETER, Problem};

use crate::http::{Call, Reply, Routes, WATCHED, operation};
use crate::tasks::Scope;
use crate::telemetry::records::LogRecord;
use crate::telemetry::ring::{Part, Ring, Weigh};

/// The longest wait of a reader, below the deadline of a request.
const MAX_WAIT: Duration = Duration::from_secs(8);

/// The most records in one answer.
const MAX_PAGE: u16 = 1_000;

/// Some of the newest records of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tail<T> {
    /// The records, oldest first.
    pub records: Vec<Tailed<T>>,
    /// The position to read on after, past records that were not asked for.
    pub next: i64,
    /// How many records were dropped before this reader came to them, whether asked for or not.
    pub missed: i64,
}

/// A record and its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tailed<T> {
    /// Counts the records of one life of the service from 1 without a gap.
    pub position: i64,
    /// The record.
    pub record: T,
}

/// A log line: an object with a field per value.
type LogLine = BTreeMap<String, serde_json::Value>;

/// What can be looked at.
pub(crate) struct Watch {
    pub(crate) name: &'static str,
    pub(crate) db: Db,
    /// Ends first in a drain: who waits is answered then.
    pub(crate) consumers: Scope,
    pub(crate) logs: Arc<Ring<LogRecord>>,
    pub(crate) spans: Arc<Ring<Span>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TailQuery {
    #[serde(default)]
    after: i64,
    limit: Option<u16>,
    wait_ms: Option<u64>,
    correlation: Option<String>,
    trace: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FeedQuery {
    after: Option<i64>,
    limit: Option<u16>,
    wait_ms: Option<u64>,
    correlation: Option<String>,
    key: Option<String>,
    last: Option<u32>,
}

/// Where to read, how much, and how long to wait for the first record.
struct Window {
    after: i64,
    limit: u16,
    wait: Duration,
}

/// Which records are wanted; empty means all.
struct Wanted {
    correlations: BTreeSet<Id>,
    trace: Option<TraceId>,
}

impl Watch {
    pub(crate) fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let watch = Arc::new(self);
        let [events, logs, traces, begins] = [(); 4].map(|()| watch.clone());
        routes
            .get(WATCHED[0], move |_, call| feed(events.clone(), call))
            .describe(
                operation("Read the log of events")
                    .query::<FeedQuery>()
                    .answers::<Vec<Recorded>>(200)
                    .problems(&[EVENTS_PRUNED]),
            )
            .get(WATCHED[5], move |_, call| horizon(begins.clone(), call))
            .describe(operation("Show where the log of events begins").answers::<Horizon>(200))
            .get(WATCHED[1], move |_, call| log_lines(logs.clone(), call))
            .describe(operation("Read log lines").query::<TailQuery>().answers::<Tail<LogLine>>(200))
            .get(WATCHED[2], move |_, call| ended_spans(traces.clone(), call))
            .describe(operation("Read spans").query::<TailQuery>().answers::<Tail<Span>>(200))
    }
}

async fn log_lines(watch: Arc<Watch>, call: Call) -> Result<Reply, Problem> {
    let (window, wanted) = Wanted::asked(&call)?;
    let is_wanted = |record: &LogRecord| {
        let correlation = record.correlation.as_deref().and_then(|text| text.parse().ok());
        let trace = record.trace.as_deref().and_then(|text| text.parse().ok());
        wanted.takes(correlation, trace)
    };
    let part = watched(&watch.logs, &window, &watch.consumers, &call, is_wanted).await;
    answer(&part, |record| &*record.line)
}

async fn ended_spans(watch: Arc<Watch>, call: Call) -> Result<Reply, Problem> {
    let (window, wanted) = Wanted::asked(&call)?;
    let is_wanted = |span: &Span| wanted.takes(Some(span.correlation), Some(span.trace_id));
    let part = watched(&watch.spans, &window, &watch.consumers, &call, is_wanted).await;
    answer(&part, |span| span)
}

fn answer<'a, T, R: Serialize + ?Sized + 'a>(
    part: &'a Part<T>,
    shown: impl Fn(&'a T) -> &'a R,
) -> Result<Reply, Problem> {
    let records = part.records.iter();
    let records = records.map(|(position, record)| Tailed { position: *position, record: shown(record) });
    Reply::ok(&Tail { records: records.collect(), next: part.next, missed: part.missed })
}

/// Reads from a ring, and when nothing is there waits for something until the wait, or the service, ends.
async fn watched<T: Weigh>(
    ring: &Ring<T>,
    window: &Window,
    consumers: &Scope,
    call: &Call,
    wanted: impl Fn(&T) -> bool,
) -> Part<T> {
    let limit = usize::from(window.limit);
    let mut part = ring.read(window.after, limit, &wanted);
    let waiting = async {
        while part.records.is_empty() {
            tokio::select! {
                biased;
                () = consumers.stopping() => return,
                () = ring.wait(part.next) => {}
            }
            let more = ring.read(part.next, limit, &wanted);
            part = Part { missed: part.missed + more.missed, ..more };
        }
    };
    call.clock().timeout(window.wait, waiting).await.unwrap_or_default();
    part
}

/// The log of the service: events after a position, waiting a while for the first.
async fn feed(watch: Arc<Watch>, call: Call) -> Result<Reply, Problem> {
    let FeedQuery { after, limit, wait_ms, correlation, key, last } = call.query()?;
    let mut window = Window::asked(&call, after.unwrap_or(0), limit, wait_ms)?;
    let filter = match (key, correlation) {
        (Some(_), Some(_)) => return Err(wrong("key", "ask for a key or for correlations, not for both")),
        (Some(key), None) => Some(EventFilter::Key(key)),
        (None, Some(text)) => Some(EventFilter::Correlations(correlations(&text)?)),
        (None, None) => None,
    };
    let mut feed = LogFeed::new(watch.name, watch.db.clone());
    let begins = feed.horizon().await.map_err(refused)?;
    if let Some(last) = last {
        let head = feed.head().await.map_err(refused)?;
        window.after = window.after.max(head.saturating_sub(i64::from(last)));
    } else if after.is_some() && filter.is_none() {
        // Who names a position has seen what lies before it and nothing else.
        feed.seen_all(window.after, begins).map_err(refused)?;
    }
    window.after = window.after.max(begins.position);
    let mut events = read(&watch, &mut feed, &window, filter.as_ref()).await?;
    if events.is_empty() && !window.wait.is_zero() {
        let waiting = async {
            tokio::select! {
                biased;
                () = watch.consumers.stopping() => {}
                () = feed.wait() => {}
            }
        };
        call.clock().timeout(window.wait, waiting).await.unwrap_or_default();
        events = read(&watch, &mut feed, &window, filter.as_ref()).await?;
    }
    Reply::ok(&events)
}

/// Where the log begins.
async fn horizon(watch: Arc<Watch>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    Reply::ok(&tradewind_events::horizon(&watch.db).await?)
}

pub(crate) fn refused(error: FeedError) -> Problem {
    match error {
        FeedError::Pruned { position, horizon, .. } => Problem::new(&EVENTS_PRUNED).detail(format!(
            "The log begins after position {horizon}. Events after {position} that you have not seen are gone."
        )),
        FeedError::Db(error) => error.into(),
        FeedError::Unreadable(error) => Problem::internal(error),
    }
}

async fn read(
    watch: &Watch,
    feed: &mut LogFeed,
    window: &Window,
    filter: Option<&EventFilter>,
) -> Result<Vec<Recorded>, Problem> {
    let found = match filter {
        None => feed.read(window.after, window.limit).await,
        Some(filter) => {
            feed.look();
            let found =
                tradewind_events::find(&watch.db, watch.name, window.after, window.limit, filter).await;
            found.map_err(FeedError::from)
        }
    };
    found.map_err(refused)
}

impl Window {
    fn asked(call: &Call, after: i64, limit: Option<u16>, wait_ms: Option<u64>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(100);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(wrong("limit", &format!("ask for 1 to {MAX_PAGE} records")));
        }
        if after < 0 {
            return Err(wrong("after", "send the position of the last record you have, or 0"));
        }
        let wait = wait_ms.map_or(MAX_WAIT, Duration::from_millis);
        if wait > MAX_WAIT {
            return Err(wrong("waitMs", &format!("wait for at most {} milliseconds", MAX_WAIT.as_millis())));
        }
        let wait = wait.min(call.deadline().remaining(call.clock()) / 2);
        Ok(Self { after, limit, wait })
    }
}

impl Wanted {
    fn asked(call: &Call) -> Result<(Window, Self), Problem> {
        let TailQuery { after, limit, wait_ms, correlation, trace } = call.query()?;
        let window = Window::asked(call, after, limit, wait_ms)?;
        let correlations = correlation.map(|text| correlations(&text)).transpose()?.unwrap_or_default();
        let trace = trace.map(|text| text.parse()).transpose();
        let trace = trace.map_err(|_| wrong("trace", "send the 32 hexadecimal digits of a trace's id"))?;
        Ok((window, Self { correlations: correlations.into_iter().collect(), trace }))
    }

    fn takes(&self, correlation: Option<Id>, trace: Option<TraceId>) -> bool {
        let in_process = self.correlations.is_empty()
            || correlation.is_some_and(|correlation| self.correlations.contains(&correlation));
        in_process && self.trace.is_none_or(|wanted| trace == Some(wanted))
    }
}

/// Ids between commas.
fn correlations(text: &str) -> Result<Vec<Id>, Problem> {
    let ids: Result<Vec<Id>, _> = text.split(',').map(str::parse).collect();
    match ids {
        Ok(ids) if ids.len() <= MAX_CORRELATIONS => Ok(ids),
        _ => Err(wrong(
            "correlation",
            &format!("send 1 to {MAX_CORRELATIONS} ids with a comma between each two"),
        )),
    }
}

fn wrong(name: &str, detail: &str) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The records cannot be given.").error(name, detail)
}
