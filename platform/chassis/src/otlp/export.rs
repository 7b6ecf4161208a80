//! The task that sends the spans of one service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Request, Response};
use serde::Deserialize;
use tradewind_client::{Body, FarClient, headers};
use tradewind_kernel::{Clock, Entropy, Span};

use super::encode::{self, Resource};
use super::settings::{Target, TelemetrySettings};
use crate::tasks::Scope;
use crate::telemetry::ring::Ring;

/// Tries of one batch while the service runs.
const MAX_TRIES: u32 = 6;

/// The first pause between tries; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between tries, whatever the collector asks for.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// How often the log tells that spans do not arrive.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// The greatest answer of a collector that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

type Batch = Vec<(i64, Arc<Span>)>;

/// What became of the spans.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Taken by the collector.
    pub(crate) exported: AtomicU64,
    /// Refused by the collector.
    pub(crate) rejected: AtomicU64,
    /// Given up after the last try.
    pub(crate) failed: AtomicU64,
    /// Dropped from memory before they could be sent.
    pub(crate) dropped: AtomicU64,
}

pub(crate) struct Exporter {
    ring: Arc<Ring<Span>>,
    client: FarClient,
    path: String,
    resource: Resource,
    settings: TelemetrySettings,
    /// How long the last spans may take when the service stops.
    flush: Duration,
    clock: Clock,
    entropy: Entropy,
    counts: Arc<Counts>,
    position: i64,
    complained: Option<Duration>,
}

/// What a collector made of a batch.
enum Answer {
    Taken { rejected: u64 },
    Later { wait: Duration, why: String },
    Never { why: String },
}

/// What an export says about the spans that it did not take; its numbers are 64-bit, so text in JSON.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Taken {
    partial_success: Partial,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Partial {
    rejected_spans: serde_json::Value,
}

impl Exporter {
    /// The exporter of `service`, when the settings name a collector.
    pub(crate) fn new(
        service: &'static str,
        settings: &TelemetrySettings,
        ring: Arc<Ring<Span>>,
        flush: Duration,
        (clock, entropy): (&Clock, &Entropy),
    ) -> Result<Option<Self>, String> {
        if settings.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        let Target { address, path } = Target::read(&settings.otlp_endpoint)?;
        let entropy = entropy.fork("otlp");
        let instance = entropy.id(clock).to_string();
        Ok(Some(Self {
            ring,
            client: FarClient::new(&address).map_err(|error| error.to_string())?,
            path,
            resource: Resource { service, version: settings.release.clone(), instance },
            flush: flush.min(settings.otlp_timeout),
            settings: settings.clone(),
            clock: clock.clone(),
            entropy,
            counts: Arc::default(),
            position: 0,
            complained: None,
        }))
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Sends spans until the scope stops, and then what is left, within a bound.
    pub(crate) async fn run(mut self, scope: Scope) {
        let left = self.follow(&scope).await;
        let clock = self.clock.clone();
        let unsent = left.len();
        if clock.timeout(self.flush, self.flush(left)).await.is_err() {
            let waiting = self.ring.head() - self.position;
            tracing::warn!(
                service = self.resource.service,
                unsent,
                waiting,
                "the last spans were not sent in time"
            );
        }
    }

    /// Sends spans as they come. Gives the batch that was under way when the scope stopped.
    async fn follow(&mut self, scope: &Scope) -> Batch {
        loop {
            let (ring, clock, interval) =
                (self.ring.clone(), self.clock.clone(), self.settings.otlp_interval);
            let gathered = async {
                ring.wait(self.position).await;
                clock.sleep(interval).await;
            };
            tokio::select! {
                biased;
                () = scope.stopping() => return Batch::new(),
                () = gathered => {}
            }
            loop {
                let batch = self.next_batch();
                if batch.is_empty() {
                    break;
                }
                tokio::select! {
                    biased;
                    () = scope.stopping() => return batch,
                    () = self.send(&batch) => {}
                }
            }
        }
    }

    fn next_batch(&mut self) -> Batch {
        let part = self.ring.read(self.position, usize::from(self.settings.otlp_batch), |_| true);
        self.position = part.next;
        self.counts.dropped.fetch_add(u64::try_from(part.missed).unwrap_or(0), Ordering::Relaxed);
        part.records
    }

    /// One try for each batch: a collector that is away shall not hold up the end.
    async fn flush(&mut self, left: Batch) {
        let mut batch = left;
        loop {
            if batch.is_empty() {
                batch = self.next_batch();
            }
            if batch.is_empty() {
                return;
            }
            match self.post(&batch).await {
                Answer::Taken { rejected } => self.count_taken(&batch, rejected),
                Answer::Later { why, .. } | Answer::Never { why } => return self.give_up(&batch, &why),
            }
            batch.clear();
        }
    }

    /// Sends a batch, again and again while that may help.
    async fn send(&mut self, batch: &Batch) {
        let mut pause = FIRST_PAUSE;
        for tries in 1..=MAX_TRIES {
            match self.post(batch).await {
                Answer::Taken { rejected } => return self.count_taken(batch, rejected),
                Answer::Never { why } => return self.give_up(batch, &why),
                Answer::Later { why, .. } if tries == MAX_TRIES => return self.give_up(batch, &why),
                Answer::Later { wait, why } => {
                    self.complain(&why);
                    let jitter = u64::try_from(pause.as_millis() / 2).unwrap_or(0);
                    let jitter = Duration::from_millis(self.entropy.below(jitter));
                    let wait = wait.max(pause / 2 + jitter).min(MAX_PAUSE);
                    self.clock.sleep(wait).await;
                    pause = (pause * 2).min(MAX_PAUSE);
                }
            }
        }
    }

    async fn post(&self, batch: &Batch) -> Answer {
        let body = encode::request(&self.resource, batch);
        let request = Request::builder().method("POST").uri(&self.path);
        let request = request.header(CONTENT_TYPE, "application/json").body(Body::from(body));
        let Ok(request) = request else {
            return Answer::Never { why: format!("{} is no path", self.path) };
        };
        let exchange = async {
            match self.client.send(request).await {
                Ok(response) => read(response).await,
                Err(problem) => Answer::Later { wait: Duration::ZERO, why: problem.to_string() },
            }
        };
        let answer = self.clock.timeout(self.settings.otlp_timeout, exchange).await;
        answer.unwrap_or_else(|_| Answer::Later { wait: Duration::ZERO, why: "no answer in time".to_owned() })
    }

    fn count_taken(&self, batch: &Batch, rejected: u64) {
        let all = batch.len() as u64;
        let rejected = rejected.min(all);
        self.counts.exported.fetch_add(all - rejected, Ordering::Relaxed);
        self.counts.rejected.fetch_add(rejected, Ordering::Relaxed);
    }

    fn give_up(&mut self, batch: &Batch, why: &str) {
        self.counts.failed.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.complain(why);
    }

    fn complain(&mut self, why: &str) {
        let now = self.clock.monotonic();
        if self.complained.is_some_and(|last| now.saturating_sub(last) < COMPLAIN_EVERY) {
            return;
        }
        self.complained = Some(now);
        let (service, endpoint) = (self.resource.service, &self.settings.otlp_endpoint);
        tracing::warn!(service, endpoint, why, "spans do not reach the collector; the service goes on");
    }
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    if parts.status.is_success() {
        // An answer that cannot be read does not undo that the spans were taken.
        let bytes = body.collect(MAX_ANSWER).await.unwrap_or_default();
        let taken: Taken = serde_json::from_slice(&bytes).unwrap_or_default();
        let rejected = taken.partial_success.rejected_spans;
        let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok());
        return Answer::Taken { rejected: rejected.unwrap_or(0) };
    }
    let why = format!("it answered {status}");
    if !matches!(status, 429 | 502 | 503 | 504) {
        return Answer::Never { why };
    }
    let seconds = headers::single(&parts.headers, &RETRY_AFTER).and_then(|text| text.trim().parse().ok());
    Answer::Later { wait: Duration::from_secs(seconds.unwrap_or(0)), why }
}
