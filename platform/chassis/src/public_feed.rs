//! `GET /api/<service>/v1/feed`: the public events of a service, for other systems.
//!
//! The log is cut into pages at fixed positions, so that all readers, and the caches between, share the addresses. A
//! page up to whose end nothing can be written any more never changes, and whoever has it is told so without a look at
//! the database. Only the newest page grows.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_LOCATION, ETAG, IF_NONE_MATCH, LINK};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tradewind_db::Db;
use tradewind_events::{Envelope, EventType, Feed, FeedError, Horizon, LogFeed, Recorded};
use tradewind_kernel::Principal;
use tradewind_problem::{EVENTS_PRUNED, FORBIDDEN, INVALID_PARAMETER, NOT_FOUND, Problem};

use crate::asyncapi::{Told, feed_path};
use crate::http::{Call, Reply, Routes, operation};
use crate::tasks::Scope;

/// Positions of a page, and so the most events in it. Part of the promise: addresses of pages depend on it.
const PAGE: i64 = 200;

/// The media type of several CloudEvents in one document (CloudEvents 1.0.2, JSON batch format).
const MEDIA_TYPE: &str = "application/cloudevents-batch+json";

/// Of a page that never changes: a year is the longest time that caches know (RFC 8246).
const FOR_GOOD: &str = "private, max-age=31536000, immutable";

/// Of a page that grows: it may be kept, and is asked for each time.
const FOR_NOW: &str = "private, no-cache";

/// The public events of a service.
pub(crate) struct PublicFeed {
    service: &'static str,
    db: Db,
    /// Ends first in a drain: who waits is answered then.
    consumers: Scope,
    /// The types that are public.
    public: Vec<EventType>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FeedQuery {
    /// Which page, from 0; without it the newest.
    page: Option<i64>,
    /// After which position of the page, where what lies before is no longer kept.
    after: Option<i64>,
}

/// A page, or what is left of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    number: i64,
    /// The position after which it begins.
    start: i64,
}

impl Place {
    fn whole(number: i64) -> Self {
        Self { number, start: number * PAGE }
    }

    /// The oldest there is.
    fn first(horizon: Horizon) -> Self {
        Self { number: horizon.position / PAGE, start: horizon.position }
    }

    /// Its last position.
    fn end(self) -> i64 {
        (self.number + 1) * PAGE
    }

    /// The page that a reader asks for; `None` when it asks for the newest.
    fn asked(query: &FeedQuery) -> Result<Option<Self>, Problem> {
        let wrong = |name: &str| {
            let wrong = Problem::new(&INVALID_PARAMETER).detail("There can be no such page.");
            wrong.error(name, "follow the links of the feed")
        };
        match (query.page, query.after) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(wrong("after")),
            (Some(number), _) if !(0..i64::MAX / PAGE - 1).contains(&number) => Err(wrong("page")),
            (Some(number), None) => Ok(Some(Self::whole(number))),
            (Some(number), Some(start)) => {
                let (whole, place) = (Self::whole(number), Self { number, start });
                let is_within = (whole.start..whole.end()).contains(&start);
                if is_within { Ok(Some(place)) } else { Err(wrong("after")) }
            }
        }
    }
}

/// What a page holds now.
struct Shown {
    events: Vec<Recorded>,
    /// The position of the last event in it that is known for good; `None` when the page never changes.
    until: Option<i64>,
}

impl PublicFeed {
    /// Offers what is public of a service, where anything is.
    pub(crate) fn offer<S: Send + Sync + 'static>(
        told: &Told,
        db: &Db,
        consumers: &Scope,
        routes: Routes<S>,
    ) -> Routes<S> {
        if told.public.is_empty() {
            return routes;
        }
        let (db, consumers, public) = (db.clone(), consumers.clone(), told.public.clone());
        Self { service: told.service, db, consumers, public }.add_to(routes)
    }

    fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let path = feed_path(self.service);
        let pages = Arc::new(Pages::new(self));
        routes.get(&path, move |_, call| Arc::clone(&pages).answer(call)).describe(
            operation("Read the public events, page by page")
                .query::<FeedQuery>()
                .answers_as::<Vec<Envelope>>(200, MEDIA_TYPE)
                .conditional()
                .waits()
                .bearer()
                .problems(&[FORBIDDEN, NOT_FOUND, EVENTS_PRUNED]),
        )
    }
}

/// The feed, ready to be read.
struct Pages {
    feed: PublicFeed,
    path: String,
    /// Stands in every tag: what is public may be more in another release, and the same page then holds more.
    edition: String,
}

impl Pages {
    fn new(feed: PublicFeed) -> Self {
        let mut hash = Sha256::new();
        for event in &feed.public {
            hash.update(event.kind.as_bytes());
            hash.update([0]);
        }
        let edition = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { path: feed_path(feed.service), feed, edition }
    }

    async fn answer(self: Arc<Self>, call: Call) -> Result<Reply, Problem> {
        admit(&call)?;
        let asked = Place::asked(&call.query()?)?;
        let known = Tags::of(&call);
        if let Some(place) = asked.filter(|place| known.has(&self.tag(*place, None))) {
            // Such a tag was given for a page that never changes; nobody need look.
            return self.unchanged(place, None);
        }
        let until = call.clock().monotonic() + call.preferred_wait().unwrap_or_default();
        let mut log = LogFeed::new(self.feed.service, self.feed.db.clone());
        loop {
            log.look();
            let head = log.head().await.map_err(unreadable)?;
            let horizon = log.horizon().await.map_err(unreadable)?;
            let place = self.place(asked, (head, horizon), &known)?;
            let since = match self.grown(place, head, &known).await? {
                Growth::None(since) => since,
                Growth::Some => {
                    let shown = self.read(&mut log, place).await?;
                    match shown.until.filter(|until| known.has(&self.tag(place, Some(*until)))) {
                        Some(until) => until,
                        None => return self.reply(place, asked.is_none(), &shown, horizon),
                    }
                }
            };
            let left = until.saturating_sub(call.clock().monotonic());
            if left.is_zero() || self.feed.consumers.is_stopping() {
                return self.unchanged(place, Some(since));
            }
            self.wait(&call, &mut log, left).await;
        }
    }

    /// Where the answer begins. Of a page whose beginning is gone the rest is for those who know that, and for those who
    /// have seen what is gone.
    fn place(
        &self,
        asked: Option<Place>,
        (head, horizon): (i64, Horizon),
        known: &Tags,
    ) -> Result<Place, Problem> {
        let place = asked.unwrap_or(Place::whole(head / PAGE));
        if place.number > head / PAGE {
            return Err(Problem::new(&NOT_FOUND).detail("The feed has no such page yet."));
        }
        if place.start >= horizon.position {
            return Ok(place);
        }
        let has_seen = known.seen(&format!("{}-{}.", self.edition, place.number)) >= Some(horizon.position);
        if horizon.position < place.end() && (asked.is_none() || has_seen) {
            return Ok(Place { start: horizon.position, ..place });
        }
        Err(Problem::new(&EVENTS_PRUNED).detail(self.gone(horizon)))
    }

    /// Waits until the log may have grown, or the time is over.
    async fn wait(&self, call: &Call, log: &mut LogFeed, left: Duration) {
        let waiting = async {
            tokio::select! {
                biased;
                () = self.feed.consumers.stopping() => {}
                () = log.wait() => {}
            }
        };
        call.clock().timeout(left, waiting).await.unwrap_or_default();
    }

    /// Whether the page may hold more than the caller says it has. Of what was written since, the types are read and
    /// nothing else.
    async fn grown(&self, place: Place, head: i64, known: &Tags) -> Result<Growth, Problem> {
        let Some(since) = known.seen(&self.prefix(place)) else { return Ok(Growth::Some) };
        // A page that is full now has a link to the next one, and another tag.
        if head >= place.end() {
            return Ok(Growth::Some);
        }
        let more = tradewind_events::kinds(&self.feed.db, since.max(place.start), head).await?;
        let has_more = more.iter().any(|kind| self.is_public(kind));
        Ok(if has_more { Growth::Some } else { Growth::None(since) })
    }

    fn is_public(&self, kind: &str) -> bool {
        self.feed.public.iter().any(|event| event.kind == kind)
    }

    async fn read(&self, log: &mut LogFeed, place: Place) -> Result<Shown, Problem> {
        // One more than fits: it shows that the page is full where positions are missing.
        let limit = u16::try_from(PAGE + 1).unwrap_or(u16::MAX);
        let mut events = match log.read(place.start, limit).await {
            Ok(events) => events,
            Err(FeedError::Pruned { .. }) => {
                let horizon = log.horizon().await.map_err(unreadable)?;
                return Err(Problem::new(&EVENTS_PRUNED).detail(self.gone(horizon)));
            }
            Err(error) => return Err(unreadable(error)),
        };
        let is_full = events.last().is_some_and(|last| last.position >= place.end());
        events.retain(|event| event.position <= place.end() && self.is_public(&event.event.kind));
        let last = events.last().map_or(place.start, |last| last.position);
        Ok(Shown { events, until: (!is_full).then_some(last) })
    }

    fn gone(&self, horizon: Horizon) -> String {
        let first = self.address(Place::first(horizon));
        format!("The events of this page are no longer kept. What is kept begins at {first}")
    }

    fn reply(
        &self,
        place: Place,
        is_newest: bool,
        shown: &Shown,
        horizon: Horizon,
    ) -> Result<Reply, Problem> {
        let events: Vec<&Envelope> = shown.events.iter().map(|event| &event.event).collect();
        let text = serde_json::to_vec(&events).map_err(Problem::internal)?;
        let reply = Reply::bytes(StatusCode::OK, MEDIA_TYPE, text);
        let reply = self.around(reply, place, shown.until)?;
        let first = format!("<{}>; rel=\"first\"", self.address(Place::first(horizon)));
        let links = self.links(place.number, shown.until.is_none());
        let reply = reply.header(LINK, &format!("{first}, {links}"))?;
        // Who asked for the newest learns which that is.
        if is_newest { reply.header(CONTENT_LOCATION, &self.address(place)) } else { Ok(reply) }
    }

    fn unchanged(&self, place: Place, until: Option<i64>) -> Result<Reply, Problem> {
        let reply = self.around(Reply::not_modified(), place, until)?;
        reply.header(LINK, &self.links(place.number, until.is_none()))
    }

    fn around(&self, reply: Reply, place: Place, until: Option<i64>) -> Result<Reply, Problem> {
        let lasting = if until.is_none() { FOR_GOOD } else { FOR_NOW };
        reply.header(ETAG, &self.tag(place, until))?.header(CACHE_CONTROL, lasting)
    }

    fn address(&self, place: Place) -> String {
        let Place { number, start } = place;
        let after = if place == Place::whole(number) { String::new() } else { format!("&after={start}") };
        format!("{}?page={number}{after}", self.path)
    }

    /// The pages beside a page (RFC 8288): the next one only where this one is full.
    fn links(&self, number: i64, is_full: bool) -> String {
        let link =
            |number: i64, rel: &str| format!("<{}>; rel=\"{rel}\"", self.address(Place::whole(number)));
        let mut links = vec![format!("<{}>; rel=\"current\"", self.path)];
        links.extend((number > 0).then(|| link(number - 1, "prev")));
        links.extend(is_full.then(|| link(number + 1, "next")));
        links.join(", ")
    }

    /// What the tags of a page that still grows begin with.
    fn prefix(&self, Place { number, start }: Place) -> String {
        format!("{}-{number}.{start}-", self.edition)
    }

    /// A strong tag (RFC 9110 §8.8.3): of a full page, or of a growing one up to a position.
    fn tag(&self, place: Place, until: Option<i64>) -> String {
        let prefix = self.prefix(place);
        match until {
            None => format!("\"{}\"", prefix.trim_end_matches('-')),
            Some(until) => format!("\"{prefix}{until}\""),
        }
    }
}

/// Whether there is more in a page than its reader has, up to a position.
enum Growth {
    None(i64),
    Some,
}

/// Other systems and staff: what everybody does is nothing for one of them.
fn admit(call: &Call) -> Result<(), Problem> {
    match call.require_principal()? {
        Principal::User(_) => {
            Err(Problem::new(&FORBIDDEN).detail("The feed is for other systems and for those who work here."))
        }
        _ => Ok(()),
    }
}

fn unreadable(error: FeedError) -> Problem {
    crate::tail::refused(error)
}

/// The tags that a caller has (RFC 9110 §13.1.2), without their quotes.
struct Tags(Vec<String>);

impl Tags {
    fn of(call: &Call) -> Self {
        let values = call.headers().get_all(IF_NONE_MATCH).iter();
        let texts = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
        let tags = texts.map(|text| text.trim().trim_start_matches("W/").trim_matches('"').to_owned());
        Self(tags.collect())
    }

    fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|known| known == tag.trim_matches('"'))
    }

    /// Up to where the caller has a page that grows, by what its tags begin with.
    fn seen(&self, prefix: &str) -> Option<i64> {
        let until = |known: &String| known.strip_prefix(prefix)?.rsplit('-').next()?.parse().ok();
        self.0.iter().filter_map(until).max()
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Timestamp;

    use super::*;

    #[test]
    fn pages_meet_and_what_is_left_of_one_begins_where_the_log_does() {
        assert_eq!(Place::whole(0).end(), Place::whole(1).start);
        let first = |position| Place::first(Horizon { position, time: Some(Timestamp::from_micros(0)) });
        assert_eq!((first(0), first(PAGE)), (Place::whole(0), Place::whole(1)));
        assert_eq!(first(PAGE + 1), Place { number: 1, start: PAGE + 1 });
        let asked = |page, after| Place::asked(&FeedQuery { page, after }).ok();
        assert_eq!(asked(None, None), Some(None));
        assert_eq!(asked(Some(1), Some(PAGE + 7)), Some(Some(Place { number: 1, start: PAGE + 7 })));
        for (page, after) in [(None, Some(1)), (Some(-1), None), (Some(i64::MAX), None), (Some(1), Some(3))] {
            assert_eq!(asked(page, after), None, "{page:?} {after:?}");
        }
    }

    #[test]
    fn tags_say_how_much_of_a_page_somebody_has() {
        let tags = Tags(vec!["e-1.200-250".to_owned(), "e-1.220-230".to_owned(), "e-2.400".to_owned()]);
        assert_eq!(
            (tags.seen("e-1.200-"), tags.seen("e-1."), tags.seen("e-3.")),
            (Some(250), Some(250), None)
        );
        assert!(tags.has("\"e-2.400\"") && !tags.has("\"e-1.200\""));
    }
}
