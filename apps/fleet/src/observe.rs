//! What happens in a running fleet, seen through the internal doors.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_chassis::Tail;
use tradewind_client::{Caller, PhoneBook};
use tradewind_events::{Horizon, MAX_CORRELATIONS, Recorded};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Id, Principal, Secret, Span, Timestamp};
use tradewind_problem::{Problem, UNAVAILABLE};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Records in one answer.
const PAGE: usize = 1_000;

/// The longest wait for news before it is asked again, in milliseconds.
const WAIT_MS: u64 = 2_000;

/// Why a fleet cannot be watched.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchError {
    /// The fleet has no such service.
    UnknownService {
        /// The name that was given.
        name: String,
        /// The services there are.
        known: String,
    },
    /// No event tells of the order.
    NoOrder {
        /// The order.
        id: Id,
        /// Where the log of orders begins: those of the order may have been removed.
        horizon: Horizon,
    },
    /// A service refused, or did not answer.
    Refused {
        /// The service.
        service: String,
        /// What it said.
        problem: Problem,
    },
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownService { name, known } => {
                write!(f, "there is no service {name:?}; known are: {known}")
            }
            Self::NoOrder { id, horizon } => {
                write!(f, "no event tells of an order {id}; its id is what placing it answered")?;
                match horizon.time {
                    Some(time) => write!(f, ". Events of orders up to {time} are pruned: it may be older"),
                    None => Ok(()),
                }
            }
            Self::Refused { service, problem } if problem.is(&UNAVAILABLE) => {
                write!(f, "{service} cannot be reached. Is the fleet running? Start it with `tradewind up`.")
            }
            Self::Refused { service, problem } => write!(f, "{service}: {problem}"),
        }
    }
}

impl std::error::Error for WatchError {}

/// One kind of record that services show.
pub trait Watched: Sized {
    /// Asks `service` for at most [`PAGE`] records after a position.
    #[doc(hidden)]
    fn ask(
        window: &Window,
        service: &str,
        ask: &Watcher,
    ) -> impl Future<Output = Result<Part<Self>, WatchError>> + Send;
}

/// Where to read on, and what.
#[doc(hidden)]
#[derive(Debug)]
pub struct Window {
    after: i64,
    wait_ms: u64,
    /// How many of the newest to begin with.
    last: Option<usize>,
    correlations: Vec<Id>,
}

/// What a service answered.
#[doc(hidden)]
#[derive(Debug)]
pub struct Part<T> {
    records: Vec<(i64, T)>,
    next: i64,
    missed: i64,
    /// Whether there may be more at once.
    full: bool,
}

/// A log line, as its service wrote it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LogLine(pub Value);

/// What is news, and from where.
#[derive(Debug)]
pub struct News<T> {
    /// The records, each with the service that showed it; not in order.
    pub records: Vec<(String, T)>,
    /// Services that had dropped records before they could be read, and how many.
    pub missed: Vec<(String, i64)>,
}

impl<T> Default for News<T> {
    fn default() -> Self {
        Self { records: Vec::new(), missed: Vec::new() }
    }
}

/// Asks the internal doors of a fleet.
#[derive(Debug, Clone)]
pub struct Watcher {
    pub(crate) services: Vec<String>,
    book: PhoneBook,
    secret: Secret,
    pub(crate) clock: Clock,
    entropy: Entropy,
}

impl Watcher {
    /// Talks to the internal doors of `services` in `book`, showing `secret`.
    #[must_use]
    pub fn new(
        services: Vec<String>,
        book: PhoneBook,
        secret: Secret,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        Self { services, book, secret, clock, entropy }
    }

    /// Makes sure that these services exist; none means all.
    ///
    /// # Errors
    /// The first that does not.
    pub fn chosen(&self, wanted: &[String]) -> Result<Vec<String>, WatchError> {
        if let Some(name) = wanted.iter().find(|name| !self.services.contains(name)) {
            return Err(WatchError::UnknownService { name: name.clone(), known: self.services.join(", ") });
        }
        let chosen = self.services.iter().filter(|name| wanted.is_empty() || wanted.contains(name));
        Ok(chosen.cloned().collect())
    }

    /// Watches these services, or what belongs to one order in them.
    ///
    /// # Errors
    /// When the order is not known, or orders does not answer.
    pub async fn watch(self, services: Vec<String>, order: Option<Id>) -> Result<Watch, WatchError> {
        let (begun, correlations) = match order {
            Some(order) => self.processes(order).await?,
            None => (None, BTreeSet::new()),
        };
        let positions = services.iter().map(|_| 0).collect();
        Ok(Watch { watcher: self, services, positions, order, begun, correlations })
    }

    /// The processes that an order went through: placing it, and whatever was asked of it later. With them when it
    /// began, unless its first event is pruned.
    pub(crate) async fn processes(&self, order: Id) -> Result<(Option<Timestamp>, BTreeSet<Id>), WatchError> {
        let path = format!("/events?key=order-{order}&limit={PAGE}&waitMs=0");
        let events: Vec<Recorded> = self.get(tradewind_orders_contract::SERVICE, &path).await?;
        let Some(first) = events.first() else {
            let horizon = self.horizon(tradewind_orders_contract::SERVICE).await?;
            return Err(WatchError::NoOrder { id: order, horizon });
        };
        let begun = Some(first.event.time).filter(|_| first.event.sequence == 1);
        Ok((begun, events.iter().map(|recorded| recorded.event.correlationid).collect()))
    }

    async fn horizon(&self, service: &str) -> Result<Horizon, WatchError> {
        self.get(service, "/events/horizon").await
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, service: &str, path: &str) -> Result<T, WatchError> {
        let context = Context::begin(Principal::Service("watch".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        let caller = Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone());
        let answer = caller.bearer(self.secret.clone()).get(path).await;
        answer.map_err(|problem| WatchError::Refused { service: service.to_owned(), problem })
    }

    async fn tail<T: DeserializeOwned>(
        &self,
        service: &str,
        kind: &str,
        window: &Window,
    ) -> Result<Part<T>, WatchError> {
        let path = format!("/{kind}?{}", window.query());
        let tail: Tail<T> = self.get(service, &path).await?;
        let full = tail.records.len() == PAGE;
        let records = tail.records.into_iter().map(|tailed| (tailed.position, tailed.record)).collect();
        Ok(Part { records, next: tail.next, missed: tail.missed, full })
    }
}

impl Window {
    fn query(&self) -> String {
        let mut query = format!("limit={PAGE}&waitMs={}", self.wait_ms);
        // From the beginning means from the oldest that is kept.
        if self.after > 0 {
            query.push_str(&format!("&after={}", self.after));
        }
        let ids: Vec<String> = self.correlations.iter().map(Id::to_string).collect();
        if !ids.is_empty() {
            query.push_str(&format!("&correlation={}", ids.join(",")));
        }
        query
    }
}

impl Watched for LogLine {
    async fn ask(window: &Window, service: &str, watcher: &Watcher) -> Result<Part<Self>, WatchError> {
        let part = watcher.tail(service, "logs", window).await?;
        let Part { records, next, missed, full } = part;
        let records = records.into_iter().map(|(position, line)| (position, LogLine(line)));
        Ok(Part { records: records.collect(), next, missed, full })
    }
}

impl Watched for Span {
    async fn ask(window: &Window, service: &str, watcher: &Watcher) -> Result<Part<Self>, WatchError> {
        watcher.tail(service, "traces", window).await
    }
}

impl Watched for Recorded {
    async fn ask(window: &Window, service: &str, watcher: &Watcher) -> Result<Part<Self>, WatchError> {
        let mut path = format!("/events?{}", window.query());
        if let Some(last) = window.last.filter(|_| window.correlations.is_empty()) {
            path.push_str(&format!("&last={last}"));
        }
        let records: Vec<Self> = watcher.get(service, &path).await?;
        let next = records.last().map_or(window.after, |recorded| recorded.position);
        let full = records.len() == PAGE;
        let records = records.into_iter().map(|recorded| (recorded.position, recorded)).collect();
        Ok(Part { records, next, missed: 0, full })
    }
}

/// A look at some services that goes on.
#[derive(Debug)]
pub struct Watch {
    watcher: Watcher,
    services: Vec<String>,
    /// How far each service was read.
    positions: Vec<i64>,
    order: Option<Id>,
    /// When the order began, as far as events tell.
    begun: Option<Timestamp>,
    correlations: BTreeSet<Id>,
}

impl Watch {
    /// The services in which events of the watched order may be pruned, and until when events are.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn pruned(&self) -> Result<Vec<(String, Timestamp)>, WatchError> {
        let mut pruned = Vec::new();
        for service in self.services.iter().filter(|_| self.order.is_some()) {
            let horizon = self.watcher.horizon(service).await?;
            let until = horizon.time.filter(|until| self.begun.is_none_or(|begun| begun <= *until));
            pruned.extend(until.map(|until| (service.clone(), until)));
        }
        Ok(pruned)
    }

    /// What there is already: of the event log about the newest `last` of each service, of the rest all that is
    /// kept.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn present<T: Watched>(&mut self, last: usize) -> Result<News<T>, WatchError> {
        self.collect(Some(last)).await
    }

    /// Waits for news, up to two seconds; it may be none.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn next<T: Watched>(&mut self) -> Result<News<T>, WatchError> {
        let earlier = self.find_processes::<T>().await?;
        if !earlier.records.is_empty() {
            return Ok(earlier);
        }
        let mut news = self.collect(None).await?;
        if news.records.is_empty() {
            self.wait::<T>().await?;
            news = self.collect(None).await?;
        }
        Ok(news)
    }

    /// Somebody may have asked something of the order since: that is a process of its own, and its records may
    /// lie before the positions that were read.
    async fn find_processes<T: Watched>(&mut self) -> Result<News<T>, WatchError> {
        let Some(order) = self.order else { return Ok(News::default()) };
        let (_, known) = self.watcher.processes(order).await?;
        let new: BTreeSet<Id> = known.difference(&self.correlations).copied().collect();
        if new.is_empty() {
            return Ok(News::default());
        }
        let ids: Vec<Id> = new.iter().rev().take(MAX_CORRELATIONS).copied().collect();
        let mut news = News::default();
        for (service, reached) in self.services.iter().zip(&self.positions) {
            let window = Window { after: 0, wait_ms: 0, last: None, correlations: ids.clone() };
            let part: Part<T> = self.collect_one(service, window).await?;
            // What lies beyond is found by the next look.
            let passed = part.records.into_iter().filter(|(position, _)| position <= reached);
            news.records.extend(passed.map(|(_, record)| (service.clone(), record)));
        }
        self.correlations.extend(new);
        Ok(news)
    }

    fn window(&self, at: usize, wait_ms: u64, last: Option<usize>) -> Window {
        // The latest ones: ids grow with time.
        let ids = self.correlations.iter().rev().take(MAX_CORRELATIONS).copied();
        Window { after: self.positions[at], wait_ms, last, correlations: ids.collect() }
    }

    async fn collect<T: Watched>(&mut self, last: Option<usize>) -> Result<News<T>, WatchError> {
        let watch = &*self;
        let asking = (0..self.services.len())
            .map(|at| watch.collect_one::<T>(&watch.services[at], watch.window(at, 0, last)));
        let parts = join_all(asking).await;
        let mut news = News::default();
        for (at, part) in parts.into_iter().enumerate() {
            let part = part?;
            let service = &self.services[at];
            self.positions[at] = part.next;
            if part.missed > 0 {
                news.missed.push((service.clone(), part.missed));
            }
            news.records.extend(part.records.into_iter().map(|(_, record)| (service.clone(), record)));
        }
        Ok(news)
    }

    /// Everything that one service has, page by page.
    async fn collect_one<T: Watched>(
        &self,
        service: &str,
        mut window: Window,
    ) -> Result<Part<T>, WatchError> {
        let mut all = Part { records: Vec::new(), next: window.after, missed: 0, full: true };
        while all.full {
            let part = T::ask(&window, service, &self.watcher).await?;
            window.after = part.next;
            window.last = None;
            all.records.extend(part.records);
            all.missed += part.missed;
            (all.next, all.full) = (part.next, part.full);
        }
        Ok(all)
    }

    /// Waits until one of the services has something, which is then read with what the others have.
    async fn wait<T: Watched>(&self) -> Result<(), WatchError> {
        let windows: Vec<Window> =
            (0..self.services.len()).map(|at| self.window(at, WAIT_MS, None)).collect();
        let asking = windows.iter().zip(&self.services);
        let asking = asking.map(|(window, service)| Box::pin(T::ask(window, service, &self.watcher)));
        let (first, ..) = select_all(asking).await;
        first.map(drop)
    }
}
