//! `tradewind logs`, `events` and `traces`: what happens in a running fleet.

mod lines;
mod waterfall;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tradewind_chassis::telemetry;
use tradewind_events::Recorded;
use tradewind_fleet::{LogLine, News, Watched, Watcher};
use tradewind_kernel::{Clock, Entropy, Span, Timestamp, TraceId};

use crate::arguments::Watch as Options;
use crate::doors::Doors;

/// Log lines and events shown at first.
const LINES: u32 = 1_000;

/// Traces shown at first.
const TRACES: u32 = 20;

/// A trace is shown when nothing more of it came for so long.
const SETTLED: Duration = Duration::from_secs(1);

/// Traces that are remembered while they are followed, and spans of each.
const KEPT_TRACES: usize = 200;
const KEPT_SPANS: usize = 2_000;

pub(crate) fn logs(options: &Options) -> Result<ExitCode, String> {
    run(watch(options, Printed::<LogLine>::new(options)))
}

pub(crate) fn events(options: &Options) -> Result<ExitCode, String> {
    run(watch(options, Printed::<Recorded>::new(options)))
}

pub(crate) fn traces(options: &Options) -> Result<ExitCode, String> {
    if options.json {
        return run(watch(options, Printed::<Span>::new(options)));
    }
    run(watch(options, Waterfalls::new(options)))
}

/// Why printing ended.
enum Stop {
    Error(String),
    /// Whoever read the output has had enough, as `head` has.
    Closed,
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Closed } else { Self::Error(error.to_string()) }
    }
}

impl From<tradewind_fleet::WatchError> for Stop {
    fn from(error: tradewind_fleet::WatchError) -> Self {
        Self::Error(error.to_string())
    }
}

fn run(watching: impl Future<Output = Result<(), Stop>>) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|error| error.to_string())?.block_on(watching) {
        Ok(()) | Err(Stop::Closed) => Ok(ExitCode::SUCCESS),
        Err(Stop::Error(message)) => Err(message),
    }
}

/// Shows records of one kind.
trait Show<T> {
    /// Shows what there was at the beginning; says so when it is nothing.
    fn begin(&mut self, records: Vec<(String, T)>) -> Result<(), Stop>;

    /// Shows news, which may be none.
    fn go_on(&mut self, records: Vec<(String, T)>) -> Result<(), Stop>;
}

async fn watch<T: Watched>(options: &Options, mut show: impl Show<T>) -> Result<(), Stop> {
    let Doors { services, book, secret } = Doors::of(&options.data.data)
        .map_err(|error| Stop::Error(format!("{error} A fleet is started with `tradewind up`.")))?;
    let watcher = Watcher::new(services, book, secret, Clock::system(), Entropy::system());
    let chosen = watcher.chosen(&options.service)?;
    let mut watch = watcher.watch(chosen, options.order).await?;
    let present = watch.present(options.limit.unwrap_or(LINES) as usize).await?;
    // What was dropped before anybody looked is no gap in what is shown, unless all of it was wanted.
    if options.order.is_some() {
        tell_missed(&present);
    }
    for (service, until) in watch.pruned().await? {
        eprintln!(
            "tradewind: events of {service} up to {until} are pruned; of this order some may be missing"
        );
    }
    show.begin(present.records)?;
    if !options.follow {
        return Ok(());
    }
    let following = async {
        loop {
            let news = watch.next().await?;
            tell_missed(&news);
            show.go_on(news.records)?;
        }
    };
    tokio::select! {
        biased;
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        ended = following => ended,
    }
}

fn tell_missed<T>(news: &News<T>) {
    for (service, missed) in &news.missed {
        eprintln!("tradewind: {service} had dropped {missed} records before they could be read");
    }
}

/// A record that is shown by itself.
trait Line: Serialize {
    fn time(&self) -> Timestamp;
    fn text(&self, service: &str) -> String;
    /// What is said when there are none.
    const NONE: &str;
}

/// Prints each record as a line.
struct Printed<T> {
    json: bool,
    since: Option<Timestamp>,
    limit: usize,
    kind: std::marker::PhantomData<T>,
}

impl<T> Printed<T> {
    fn new(options: &Options) -> Self {
        let since = options.since.map(|since| since.before(Clock::system().now()));
        let limit = options.limit.unwrap_or(LINES) as usize;
        Self { json: options.json, since, limit, kind: std::marker::PhantomData }
    }
}

impl<T: Line> Printed<T> {
    fn print(&self, records: &[(String, T)]) -> Result<(), Stop> {
        let mut out = std::io::stdout().lock();
        for (service, record) in records {
            if self.json {
                let document =
                    serde_json::to_string(record).map_err(|error| Stop::Error(error.to_string()))?;
                writeln!(out, "{}", telemetry::printable_json(&document))?;
            } else {
                writeln!(out, "{}", record.text(service))?;
            }
        }
        Ok(out.flush()?)
    }
}

/// In the order of time; of equal times in the order in which they were given.
fn sorted<T: Line>(mut records: Vec<(String, T)>) -> Vec<(String, T)> {
    records.sort_by_key(|(_, record)| record.time());
    records
}

impl<T: Line> Show<T> for Printed<T> {
    fn begin(&mut self, mut records: Vec<(String, T)>) -> Result<(), Stop> {
        records.retain(|(_, record)| self.since.is_none_or(|since| record.time() >= since));
        if records.is_empty() && !self.json {
            eprintln!("{}", T::NONE);
        }
        let records = sorted(records);
        self.print(&records[records.len().saturating_sub(self.limit)..])
    }

    fn go_on(&mut self, records: Vec<(String, T)>) -> Result<(), Stop> {
        self.print(&sorted(records))
    }
}

/// Prints each trace as a tree of its spans, once it has come to rest.
struct Waterfalls {
    since: Option<Timestamp>,
    limit: usize,
    clock: Clock,
    traces: BTreeMap<TraceId, Known>,
}

struct Known {
    spans: Vec<Span>,
    /// When the last of them was heard of.
    heard: Duration,
    times_shown: u32,
    is_shown: bool,
}

impl Waterfalls {
    fn new(options: &Options) -> Self {
        let clock = Clock::system();
        let since = options.since.map(|since| since.before(clock.now()));
        let limit = options.limit.unwrap_or(TRACES) as usize;
        Self { since, limit, clock, traces: BTreeMap::new() }
    }

    fn add(&mut self, spans: Vec<(String, Span)>) {
        let heard = self.clock.monotonic();
        for (_, span) in spans {
            let new = || Known { spans: Vec::new(), heard, times_shown: 0, is_shown: false };
            let known = self.traces.entry(span.trace_id).or_insert_with(new);
            if known.spans.len() < KEPT_SPANS {
                known.spans.push(span);
            }
            (known.heard, known.is_shown) = (heard, false);
        }
    }

    /// Shows these, in the order in which they began.
    fn show(&mut self, mut ids: Vec<TraceId>) -> Result<(), Stop> {
        ids.sort_by_key(|id| self.began(*id));
        let mut out = std::io::stdout().lock();
        for id in ids {
            if let Some(known) = self.traces.get_mut(&id) {
                let again = known.times_shown > 0;
                writeln!(out, "{}", waterfall::drawn(id, &known.spans, again))?;
                known.times_shown += 1;
                known.is_shown = true;
            }
        }
        Ok(out.flush()?)
    }

    fn began(&self, id: TraceId) -> Option<Timestamp> {
        self.traces.get(&id).and_then(|known| known.spans.iter().map(|span| span.start).min())
    }

    fn forget(&mut self) {
        while self.traces.len() > KEPT_TRACES {
            let shown = self.traces.iter().filter(|(_, known)| known.is_shown);
            let Some(oldest) = shown.min_by_key(|(_, known)| known.heard).map(|(id, _)| *id) else { return };
            self.traces.remove(&oldest);
        }
    }
}

impl Show<Span> for Waterfalls {
    fn begin(&mut self, spans: Vec<(String, Span)>) -> Result<(), Stop> {
        self.add(spans);
        let mut ids: Vec<TraceId> = self.traces.keys().copied().collect();
        ids.retain(|id| self.since.is_none_or(|since| self.began(*id).is_some_and(|began| began >= since)));
        ids.sort_by_key(|id| self.began(*id));
        if ids.is_empty() {
            eprintln!("{}", Span::NONE);
        }
        let newest = ids.split_off(ids.len().saturating_sub(self.limit));
        self.show(newest)?;
        // Those before are not for showing, and further spans of theirs begin anew.
        self.traces.retain(|_, known| known.is_shown);
        self.forget();
        Ok(())
    }

    fn go_on(&mut self, spans: Vec<(String, Span)>) -> Result<(), Stop> {
        self.add(spans);
        let now = self.clock.monotonic();
        let rests = |known: &Known| !known.is_shown && now.saturating_sub(known.heard) >= SETTLED;
        let ids = self.traces.iter().filter(|(_, known)| rests(known)).map(|(id, _)| *id).collect();
        self.show(ids)?;
        self.forget();
        Ok(())
    }
}
