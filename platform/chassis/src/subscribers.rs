//! Subscribers at the internal door: how those in other processes tell how far they have come, and how far the
//! subscriptions of this service are.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::Db;
use tradewind_events::{Feed, LogFeed, Progress};
use tradewind_problem::{EVENTS_PRUNED, INVALID_PARAMETER, Problem};

use crate::http::{Call, Reply, Routes, WATCHED, operation};
use crate::tail::refused;

/// The longest name of a subscriber.
const MAX_NAME: usize = 100;

/// How far a subscriber has come.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reached {
    /// The position of the last event that it will not ask for again.
    #[schemars(range(min = 0))]
    pub(crate) position: i64,
}

/// A subscription of this service, for those who look on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Following {
    /// Whose events.
    pub producer: String,
    /// The position of the last event handled, parked or passed over.
    pub position: i64,
    /// Letters that are parked.
    pub parked: i64,
    /// Whether it stands still until somebody does something.
    pub stopped: bool,
}

/// What the routes of subscribers need.
pub(crate) struct Subscribers {
    pub(crate) name: &'static str,
    pub(crate) db: Db,
    pub(crate) followed: Vec<(&'static str, Arc<Progress>)>,
}

impl Subscribers {
    pub(crate) fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let Self { name, db, followed } = self;
        let followed = Arc::new(followed);
        routes
            .put("/events/subscribers/{name}", move |_, call| report(name, db.clone(), call))
            .describe(
                operation("Say how far a subscriber has come")
                    .parameter::<String>("name")
                    .takes::<Reached>()
                    .answers_nothing()
                    .problems(&[EVENTS_PRUNED]),
            )
            .get(WATCHED[6], move |_, call| list(followed.clone(), call))
            .describe(
                operation("Show how far the subscriptions of the service are").answers::<Vec<Following>>(200),
            )
    }
}

/// Registers the subscriber if it is new: events that it has not passed are kept for it.
async fn report(service: &'static str, db: Db, mut call: Call) -> Result<Reply, Problem> {
    let name: String = call.parameter("name")?;
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_good) {
        let wanted = format!("send a name of at most {MAX_NAME} lower-case letters, digits and '-_.'");
        return Err(wrong("name", wanted));
    }
    let Reached { position } = call.json().await?;
    let mut feed = LogFeed::new(service, db);
    if position < 0 {
        return Err(wrong("position", "send the position of an event, or 0".to_owned()));
    }
    feed.report(call.context(), &name, position).await.map_err(refused)?;
    Ok(Reply::no_content())
}

async fn list(followed: Arc<Vec<(&'static str, Arc<Progress>)>>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let each = |(producer, progress): &(&'static str, Arc<Progress>)| Following {
        producer: (*producer).to_owned(),
        position: progress.position(),
        parked: progress.parked_letters(),
        stopped: progress.is_stopped(),
    };
    Reply::ok(&followed.iter().map(each).collect::<Vec<_>>())
}

fn wrong(name: &str, detail: String) -> Problem {
    Problem::new(&INVALID_PARAMETER).detail("The subscriber cannot be registered.").error(name, detail)
}
