//! What a backup of a running fleet asks of a service, behind its internal door.
//!
//! Subscriptions are held by seizing the leases under which their events are handled: whichever replica has the turn,
//! its next transaction is refused. They go on when they are let go, or when the hold has lapsed.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_client::Body;
use tradewind_db::{Db, DbError, Tx, Work, lease};
use tradewind_problem::{CONFLICT, INVALID_BODY, Problem};

use crate::evidence::{MEDIA_TYPE, pump};
use crate::http::{Call, Reply, Routes, operation};
use crate::tasks::Scope;

/// Where subscriptions are held and let go.
const HOLD: &str = "/backup/hold";

/// Under which name the leases are held.
const HOLDER: &str = "backup";

/// The longest hold, in seconds: a bound on what a backup that dies costs.
const LONGEST: u64 = 60;

/// What the routes of a backup need.
pub(crate) struct Backups {
    pub(crate) db: Db,
    /// The producers that the service follows.
    pub(crate) producers: Vec<String>,
    /// Ends first in a drain: who reads a copy then finds it cut off.
    pub(crate) consumers: Scope,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HoldBody {
    /// When the hold lapses by itself.
    #[schemars(range(min = 1, max = 60))]
    seconds: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeldBody {
    /// What is held; to be shown when it is let go.
    held: Vec<HeldSubscription>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeldSubscription {
    /// The subscription, named after its producer.
    subscription: String,
    /// Under which token it is held.
    token: i64,
}

impl Backups {
    pub(crate) fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let Self { db, producers, consumers } = self;
        let (holding, releasing) = (db.clone(), db.clone());
        routes
            .get("/backup", move |_, call| copy(db.clone(), consumers.clone(), call))
            .describe(operation("Copy all tables of the service's database").answers_text(MEDIA_TYPE))
            .put(HOLD, move |_, call| hold(holding.clone(), producers.clone(), call))
            .describe(
                operation("Hold all subscriptions of the service")
                    .takes::<HoldBody>()
                    .answers::<HeldBody>(200),
            )
            .delete(HOLD, move |_, call| release(releasing.clone(), call))
            .describe(
                operation("Let subscriptions go that were held until now")
                    .takes::<HeldBody>()
                    .answers_nothing()
                    .problems(&[CONFLICT]),
            )
    }
}

async fn copy(db: Db, consumers: Scope, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let dump = db.dump().await?;
    let (to, body) = Body::pieces();
    let clock = call.clock().clone();
    consumers.spawn("backup", pump("a backup", dump, to, clock));
    Ok(Reply::stream(StatusCode::OK, MEDIA_TYPE, body))
}

/// After it has answered no transaction commits that handles events, until the hold ends.
async fn hold(db: Db, producers: Vec<String>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let HoldBody { seconds } = call.json().await?;
    if !(1..=LONGEST).contains(&seconds) {
        let problem = Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.");
        return Err(problem.error("/seconds", format!("hold for 1 to {LONGEST} seconds")));
    }
    let hold = Hold { producers, ttl: Duration::from_secs(seconds) };
    let held = db.write(call.context(), hold).await?;
    Reply::ok(&HeldBody { held })
}

async fn release(db: Db, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let HeldBody { held } = call.json().await?;
    match db.write(call.context(), Release { held }).await {
        Ok(()) => Ok(Reply::no_content()),
        Err(DbError::Fenced { name }) => Err(Problem::new(&CONFLICT)
            .detail("A subscription was not held until now: the hold lapsed, or somebody else took it.")
            .operator(name)),
        Err(error) => Err(error.into()),
    }
}

struct Hold {
    producers: Vec<String>,
    ttl: Duration,
}

impl Work for Hold {
    type Output = Vec<HeldSubscription>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let mut held = Vec::new();
        for subscription in &self.producers {
            let lease = tradewind_events::turn_lease(subscription);
            let token = lease::seize(tx, &lease, HOLDER, self.ttl).await?;
            held.push(HeldSubscription { subscription: subscription.clone(), token });
        }
        Ok(held)
    }
}

struct Release {
    held: Vec<HeldSubscription>,
}

impl Work for Release {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        for HeldSubscription { subscription, token } in &self.held {
            let lease = tradewind_events::turn_lease(subscription);
            lease::check(tx, &lease, *token).await?;
            lease::release(tx, &lease, *token).await?;
        }
        Ok(())
    }
}
