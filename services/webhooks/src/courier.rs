//! Sends deliveries: of each lane one at a time, of each endpoint a few, of all no more than a bound.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{self, Either};
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, Method, Request};
use tradewind_chassis::metrics::Counter;
use tradewind_client::{Body, BoxFuture, ForeignAnswer, ForeignClient, ForeignUrl};
use tradewind_db::{Db, DbError};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal, Timestamp};
use tradewind_webhooks_contract::SERVICE;

use crate::actions::attempt::{Claim, Claimed, End, Ending, Stop};
use crate::domain::{Schedule, Verdict, judge, sign};
use crate::keys::Keys;
use crate::store::deliveries::{self, Lane, Open, Said, WRITTEN};

/// Deliveries to one endpoint that are under way at a time: a slow one holds no other up.
const PER_ENDPOINT: usize = 4;

/// For how long a lane is ours beyond the time that an answer may take: long enough to write down how it ended.
const MARGIN: Duration = Duration::from_secs(5);

/// The longest time without a look at what is due; a delivery that is written wakes at once.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Characters of an answer that are kept.
const MAX_ANSWER: usize = 1_000;

/// The media type of a CloudEvent in structured JSON (CloudEvents 1.0.2).
const MEDIA_TYPE: &str = "application/cloudevents+json";

/// Why an endpoint is stopped whose secrets were sealed with another key.
const UNOPENED: &str = "Its secrets were sealed with another key. Make a new one, and enable it.";

/// How many messages were sent, and what became of them.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pub(crate) delivered: Counter,
    pub(crate) attempts_failed: Counter,
    pub(crate) given_up: Counter,
    pub(crate) disabled: Counter,
}

/// Sends deliveries.
#[derive(Clone)]
pub(crate) struct Courier {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) foreign: ForeignClient,
    pub(crate) keys: Keys,
    pub(crate) schedule: Schedule,
    pub(crate) timeout: Duration,
    pub(crate) disable_after: Duration,
    pub(crate) concurrency: usize,
    pub(crate) counts: Counts,
}

/// The lanes from which something is being sent.
#[derive(Default)]
struct UnderWay {
    lanes: BTreeSet<(Id, String)>,
    attempts: FuturesUnordered<BoxFuture<'static, (Lane, Result<(), DbError>)>>,
}

impl UnderWay {
    fn of(&self, endpoint: Id) -> usize {
        self.lanes.iter().filter(|(id, _)| *id == endpoint).count()
    }

    /// Waits for the end of an attempt.
    async fn next(&mut self) -> Result<(), DbError> {
        let Some((lane, ended)) = self.attempts.next().await else { return Ok(()) };
        self.lanes.remove(&(lane.endpoint, lane.key));
        ended
    }
}

impl Courier {
    /// Sends everything that is due, and waits until there may be more.
    pub(crate) async fn run(&self) -> Result<(), DbError> {
        let mut signal = self.db.signal(WRITTEN);
        let mut under_way = UnderWay::default();
        loop {
            signal.mark_seen();
            let rest = self.fill(&mut under_way).await?;
            let woken = self.clock.timeout(rest, signal.changed());
            if under_way.lanes.is_empty() {
                woken.await.unwrap_or_default();
                return Ok(());
            }
            let (woken, next) = (std::pin::pin!(woken), std::pin::pin!(under_way.next()));
            match future::select(next, woken).await {
                Either::Left((ended, _)) => ended?,
                Either::Right(_) => {}
            }
        }
    }

    /// Begins what is due as far as there is room; gives how long nothing else will be.
    async fn fill(&self, under_way: &mut UnderWay) -> Result<Duration, DbError> {
        let now = self.clock.now();
        let mut rest = LONGEST_REST;
        for endpoint in deliveries::open(&self.db).await? {
            let room = (self.concurrency.saturating_sub(under_way.lanes.len()))
                .min(PER_ENDPOINT.saturating_sub(under_way.of(endpoint.id)));
            match endpoint.due_at {
                // Whatever ends makes room, and is followed by a look.
                Some(due) if due <= now && room > 0 => self.begin(under_way, &endpoint, (now, room)).await?,
                Some(due) if due > now => rest = rest.min(due.since(now)),
                _ => {}
            }
        }
        Ok(rest)
    }

    async fn begin(
        &self,
        under_way: &mut UnderWay,
        endpoint: &Open,
        (now, room): (Timestamp, usize),
    ) -> Result<(), DbError> {
        // One that is under way and not claimed yet shows as due.
        let limit = u16::try_from(room + under_way.of(endpoint.id)).unwrap_or(u16::MAX);
        let due = deliveries::due(&self.db, endpoint.id, now, limit).await?;
        let is_free = |lane: &Lane| !under_way.lanes.contains(&(lane.endpoint, lane.key.clone()));
        let due: Vec<Lane> = due.into_iter().filter(is_free).take(room).collect();
        for lane in due {
            under_way.lanes.insert((lane.endpoint, lane.key.clone()));
            let (courier, url) = (self.clone(), endpoint.url.clone());
            let attempt = async move {
                let ended = courier.attempt(&lane, &url).await;
                (lane, ended)
            };
            under_way.attempts.push(Box::pin(attempt));
        }
        Ok(())
    }

    /// Sends the first delivery of a lane once.
    async fn attempt(&self, lane: &Lane, url: &str) -> Result<(), DbError> {
        let context = Context::begin(Principal::Service(SERVICE.to_owned()), &self.clock, &self.entropy);
        let claim = Claim { lane: lane.clone(), hold: self.timeout + MARGIN };
        let Some(Claimed { first, secrets, until }) = self.db.write(&context, claim).await? else {
            return Ok(());
        };
        // What follows belongs to the process of the event.
        let context = Context { correlation: first.correlation, ..context };
        let Some(secrets) = self.keys.open(lane.endpoint, &secrets) else {
            tracing::error!(endpoint = %lane.endpoint, "an endpoint is disabled: its secrets cannot be opened");
            self.counts.disabled.increment();
            return self.db.write(&context, Stop { lane: lane.clone(), reason: UNOPENED }).await;
        };
        let id = first.event.to_string();
        let seconds = self.clock.now().as_micros().div_euclid(1_000_000);
        let signature = sign(&secrets, &id, seconds, first.content.as_bytes());
        let sent = self.send(url, &id, (seconds, signature), first.content).await;
        let (ending, said) = self.judge(sent, first.attempts);
        self.tell(lane, &id, ending, &said);
        let (lane, number) = (lane.clone(), first.number);
        let end = End { lane, number, until, ending, said, disable_after: self.disable_after };
        let endpoint = end.lane.endpoint;
        if let Some(reason) = self.db.write(&context, end).await? {
            tracing::error!(%endpoint, reason, "an endpoint is disabled; its deliveries wait");
            self.counts.disabled.increment();
        }
        Ok(())
    }

    async fn send(
        &self,
        url: &str,
        id: &str,
        (seconds, signature): (i64, Option<String>),
        content: String,
    ) -> Result<ForeignAnswer, String> {
        let url: ForeignUrl = url.parse().map_err(|error| format!("{error}"))?;
        let signature = signature.ok_or("the message cannot be signed")?;
        let request = Request::builder()
            .method(Method::POST)
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header(USER_AGENT, "tradewind-webhooks")
            .header(HeaderName::from_static("webhook-id"), id)
            .header(HeaderName::from_static("webhook-timestamp"), seconds)
            .header(HeaderName::from_static("webhook-signature"), signature)
            .body(Body::from(content))
            .map_err(|error| error.to_string())?;
        let sent = self.foreign.send(&url, request, (self.timeout, MAX_ANSWER)).await;
        sent.map_err(|error| error.to_string())
    }

    fn judge(&self, sent: Result<ForeignAnswer, String>, attempts: i64) -> (Ending, Said) {
        let (verdict, said) = match sent {
            Ok(answer) => (judge(answer.status.as_u16()), heard(&answer)),
            Err(text) => (Verdict::Again, Said { status: None, text: shown(&text) }),
        };
        let ending = match verdict {
            Verdict::Delivered => Ending::Delivered,
            Verdict::Gone => Ending::Gone,
            Verdict::Again => match self.schedule.pause(attempts, self.entropy.below(1_000)) {
                Some(pause) => Ending::Again(pause),
                None => Ending::Failed,
            },
        };
        (ending, said)
    }

    fn tell(&self, lane: &Lane, event: &str, ending: Ending, said: &Said) {
        let (endpoint, status) = (lane.endpoint, said.status.unwrap_or_default());
        match ending {
            Ending::Delivered => {
                self.counts.delivered.increment();
                tracing::debug!(%endpoint, event, status, "delivered");
            }
            Ending::Again(_) => {
                self.counts.attempts_failed.increment();
                tracing::info!(%endpoint, event, status, "an endpoint has not taken a message; it is sent again");
            }
            Ending::Failed | Ending::Gone => {
                self.counts.attempts_failed.increment();
                self.counts.given_up.increment();
                tracing::warn!(%endpoint, event, status, "a delivery is given up");
            }
        }
    }
}

fn heard(answer: &ForeignAnswer) -> Said {
    let text = String::from_utf8_lossy(&answer.beginning);
    Said { status: Some(answer.status.as_u16()), text: shown(&text) }
}

/// Foreign text, shortened and without what could forge a line.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_ANSWER).collect()
}
