//! What every internal door offers besides the service's own routes: health, metrics and the feed.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use tradewind_db::Db;
use tradewind_events::{Feed, LogFeed, Recorded};
use tradewind_problem::{INVALID_PARAMETER, Problem, UNAVAILABLE};

use crate::health::{Health, Stage};
use crate::http::{Call, Operation, Reply, Routes, operation};
use crate::metrics::{self, Metrics};
use crate::tasks::Scope;

/// The longest wait of a reader of the feed, below the deadline of a request.
const FEED_WAIT: Duration = Duration::from_secs(8);

const PLAIN: &str = "text/plain; charset=utf-8";

/// What every internal door offers besides the service's own routes.
pub(crate) struct Internals {
    pub(crate) name: &'static str,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) db: Db,
    /// Ends first in a drain: who waits for events is answered then.
    pub(crate) consumers: Scope,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FeedQuery {
    /// The position of the last event that the reader has; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0))]
    after: i64,
    /// The greatest number of events wanted.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

impl Internals {
    pub(crate) fn add_to<S: Send + Sync + 'static>(&self, routes: Routes<S>) -> Routes<S> {
        let (ready, started, metrics) = (self.health.clone(), self.health.clone(), self.metrics.clone());
        let (db, name, consumers) = (self.db.clone(), self.name, self.consumers.clone());
        routes
            .get("/livez", |_, _| async { Ok(status("alive")) })
            .describe(probe("Say whether the process is alive"))
            .get("/readyz", move |_, _| {
                let stage = ready.stage();
                async move {
                    if stage == Stage::Ready {
                        Ok(status("ready"))
                    } else {
                        Err(not_ready(stage))
                    }
                }
            })
            .describe(probe("Say whether requests may be sent"))
            .get("/startupz", move |_, _| {
                let stage = started.stage();
                async move {
                    if stage == Stage::Starting {
                        Err(not_ready(stage))
                    } else {
                        Ok(status("started"))
                    }
                }
            })
            .describe(probe("Say whether the service has started"))
            .get("/metrics", move |_, _| {
                let text = metrics.render();
                async move { Ok(Reply::bytes(StatusCode::OK, metrics::MEDIA_TYPE, text)) }
            })
            .describe(operation("Show the metrics").answers_text(metrics::MEDIA_TYPE).open())
            .get("/events", move |_, call| {
                feed(LogFeed::new(name, db.clone()), consumers.clone(), call)
            })
            .describe(operation("Read the log of events").query::<FeedQuery>().answers::<Vec<Recorded>>(200))
    }
}

fn probe(summary: &'static str) -> Operation {
    operation(summary).answers_text(PLAIN).open()
}

fn status(text: &'static str) -> Reply {
    Reply::bytes(StatusCode::OK, PLAIN, text)
}

fn not_ready(stage: Stage) -> Problem {
    let text = if stage == Stage::Starting { "The service is starting." } else { "The service is stopping." };
    Problem::new(&UNAVAILABLE).detail(text)
}

/// The log of the service: events after a position, waiting a while for the first.
async fn feed(mut feed: LogFeed, consumers: Scope, call: Call) -> Result<Reply, Problem> {
    let FeedQuery { after, limit } = call.query()?;
    let limit = limit.unwrap_or(100);
    let wrong = |name: &str, detail: &str| {
        Problem::new(&INVALID_PARAMETER).detail("The events cannot be given.").error(name, detail)
    };
    if !(1..=1000).contains(&limit) {
        return Err(wrong("limit", "ask for 1 to 1000 events"));
    }
    if after < 0 {
        return Err(wrong("after", "send the position of the last event you have, or 0"));
    }
    let read = |error: tradewind_events::FeedError| Problem::internal(error);
    let mut events = feed.read(after, limit).await.map_err(read)?;
    if events.is_empty() {
        let wait = FEED_WAIT.min(call.deadline().remaining(call.clock()) / 2);
        let waiting = async {
            tokio::select! {
                biased;
                () = consumers.stopping() => {}
                () = feed.wait() => {}
            }
        };
        call.clock().timeout(wait, waiting).await.unwrap_or_default();
        events = feed.read(after, limit).await.map_err(read)?;
    }
    Reply::ok(&events)
}
