//! The processes of a running fleet, reconstructed from what its services show.

use tradewind_chassis::{ProcessPage, ProcessSummary};
use tradewind_events::letters::LetterSummary;
use tradewind_events::{MAX_CORRELATIONS, Recorded};
use tradewind_kernel::{Id, Span, Timestamp};
use tradewind_lineage::{Line, Owned, Seen, View};
use tradewind_problem::NOT_FOUND;
use tradewind_saga::History;

use crate::observe::{WatchError, Watched, Watcher};

/// Events of one object in one answer; no order has nearly as many.
const EVENTS: usize = 1_000;

/// Letters in one answer.
const LETTERS: usize = 1_000;

/// An order's process, and everything that happened in it.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// The process held against its definition.
    pub view: View,
    /// What happened, with causes.
    pub line: Line,
    /// Services whose older events are removed, so that some of the process may be missing, and until when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pruned: Vec<(String, Timestamp)>,
}

/// What is under way in a fleet.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnderWay {
    /// Instances of sagas that have not ended, in all services.
    pub under_way: i64,
    /// Processes that do not get on.
    pub stuck: i64,
    /// The processes, those that are stuck first.
    pub processes: Vec<Owned<ProcessSummary>>,
}

/// Where the processes of a fleet are looked at.
#[derive(Debug, Clone)]
pub struct ProcessDesk(Watcher);

impl ProcessDesk {
    /// Looks through the eyes of `watcher`.
    #[must_use]
    pub fn new(watcher: Watcher) -> Self {
        Self(watcher)
    }

    /// What happened to an order and why, what remains, and what an undo would do.
    ///
    /// # Errors
    /// When no event tells of the order, or a service does not answer.
    pub async fn why(&self, order: Id) -> Result<Why, WatchError> {
        let (_, mut correlations) = self.0.processes(order).await?;
        let all = self.0.chosen(&[])?;
        let mut watch = self.0.clone().watch(all.clone(), Some(order)).await?;
        let pruned = watch.pruned().await?;
        let process = &tradewind_orders::ORDER;
        let mut seen = Seen {
            events: owned(watch.present::<Recorded>(usize::MAX).await?.records),
            spans: self.all::<Span>(&all, order).await?.into_iter().map(|(_, span)| span).collect(),
            ..Seen::default()
        };
        // What was asked of another service, such as giving a part of the money back, is no process of the owner's.
        for service in &all {
            let path = format!("/events?key={}&limit={EVENTS}&waitMs=0", process.key(order));
            seen.events.extend(owned_by(service, self.0.get::<Vec<Recorded>>(service, &path).await?));
        }
        correlations.extend(seen.events.iter().map(|event| event.what.event.correlationid));
        let newest: Vec<Id> = correlations.iter().rev().take(MAX_CORRELATIONS).copied().collect();
        for service in &all {
            seen.sagas.extend(owned_by(service, self.histories(service, &newest).await?));
            seen.letters.extend(owned_by(service, self.letters(service, &seen, &process.key(order)).await?));
        }
        let view = View::of(process, order, &seen, self.0.clock.now());
        Ok(Why { view, line: Line::of(&seen), pruned })
    }

    /// What has not ended, up to `limit` of each kind; `only_stuck` leaves out what gets on.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn under_way(&self, only_stuck: bool, limit: u16) -> Result<UnderWay, WatchError> {
        let mut all = UnderWay { under_way: 0, stuck: 0, processes: Vec::new() };
        for service in self.0.chosen(&[])? {
            let path = format!("/processes?stuck={only_stuck}&limit={limit}");
            let Some(page) = self.get::<ProcessPage>(&service, &path).await? else { continue };
            all.under_way += page.under_way;
            all.stuck += page.stuck;
            all.processes.extend(owned_by(&service, page.processes));
        }
        all.processes.sort_by_key(|one| (!one.what.is_stuck, one.what.moved.unwrap_or(one.what.began)));
        Ok(all)
    }

    async fn all<T: Watched>(&self, services: &[String], order: Id) -> Result<Vec<(String, T)>, WatchError> {
        let mut watch = self.0.clone().watch(services.to_vec(), Some(order)).await?;
        Ok(watch.present::<T>(usize::MAX).await?.records)
    }

    async fn histories(&self, service: &str, correlations: &[Id]) -> Result<Vec<History>, WatchError> {
        let ids: Vec<String> = correlations.iter().map(Id::to_string).collect();
        let path = format!("/processes/history?correlation={}", ids.join(","));
        Ok(self.get(service, &path).await?.unwrap_or_default())
    }

    /// The letters of a service that hold one of the events, or an event of the order.
    async fn letters(&self, service: &str, seen: &Seen, key: &str) -> Result<Vec<LetterSummary>, WatchError> {
        let is_of_order = |letter: &LetterSummary| {
            letter.partition_key == key
                || seen.events.iter().any(|event| event.what.event.id == letter.event_id)
        };
        let (mut found, mut after) = (Vec::new(), (String::new(), 0));
        loop {
            let (subscription, position) = &after;
            let path =
                format!("/letters?limit={LETTERS}&afterSubscription={subscription}&afterPosition={position}");
            let page: Vec<LetterSummary> = self.0.get(service, &path).await?;
            let last = page.last().filter(|_| page.len() == LETTERS);
            let next = last.map(|last| (last.subscription.clone(), last.position));
            found.extend(page.into_iter().filter(is_of_order));
            let Some(next) = next else { return Ok(found) };
            after = next;
        }
    }

    /// `None` when the service has nothing at this address: it has no processes.
    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        service: &str,
        path: &str,
    ) -> Result<Option<T>, WatchError> {
        match self.0.get(service, path).await {
            Ok(found) => Ok(Some(found)),
            Err(WatchError::Refused { problem, .. }) if problem.is(&NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn owned<T>(records: Vec<(String, T)>) -> Vec<Owned<T>> {
    records.into_iter().map(|(service, what)| Owned { service, what }).collect()
}

fn owned_by<T>(service: &str, all: Vec<T>) -> impl Iterator<Item = Owned<T>> {
    all.into_iter().map(move |what| Owned { service: service.to_owned(), what })
}
