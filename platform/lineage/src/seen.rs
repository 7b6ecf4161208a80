//! What services showed of one process.

use serde::Serialize;
use tradewind_events::Recorded;
use tradewind_events::letters::LetterSummary;
use tradewind_kernel::Span;
use tradewind_saga::History;

/// Something with the service that showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owned<T> {
    /// The service.
    pub service: String,
    /// What it showed.
    #[serde(flatten)]
    pub what: T,
}

/// What services showed of one process, in any order.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Events of its correlations, and of its partition key.
    pub events: Vec<Owned<Recorded>>,
    /// Instances of sagas that it has.
    pub sagas: Vec<Owned<History>>,
    /// Spans of its correlations that are still kept.
    pub spans: Vec<Span>,
    /// Events of it that somebody could not handle; the service is the one that could not.
    pub letters: Vec<Owned<LetterSummary>>,
}

impl Seen {
    /// The events, oldest first: by time, and within a service by position, whatever its clock said.
    pub(crate) fn in_order(&self) -> Vec<&Owned<Recorded>> {
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by(|a, b| (&a.service, a.what.position).cmp(&(&b.service, b.what.position)));
        events.dedup_by(|a, b| a.service == b.service && a.what.position == b.what.position);
        // A service's clock may jump back: what came later must not sort before.
        let mut times = Vec::with_capacity(events.len());
        let mut before: Option<(&str, tradewind_kernel::Timestamp)> = None;
        for event in &events {
            let own = event.what.event.time;
            let time = match before {
                Some((service, time)) if service == event.service => own.max(time),
                _ => own,
            };
            before = Some((&event.service, time));
            times.push(time);
        }
        let mut order: Vec<_> = times.into_iter().zip(events).collect();
        order.sort_by_key(|(time, _)| *time);
        order.into_iter().map(|(_, event)| event).collect()
    }
}
