//! What is recorded of who did what in a service: behind its internal door for operators, and at
//! `/api/<service>/v1/audit` of its public door for those who work for them.

use schemars::JsonSchema;
use serde::Deserialize;
use tradewind_audit::{Filter, Head, MAX_PAGE, Record};
use tradewind_db::Db;
use tradewind_problem::{FORBIDDEN, INVALID_PARAMETER, Problem};

use crate::description::DoorKind;
use crate::http::{Call, Reply, Routes, operation};

/// How many records are given when nobody says.
const PAGE: u16 = 50;

/// The chain of a service.
#[derive(Clone)]
pub(crate) struct Audits {
    pub(crate) service: &'static str,
    pub(crate) db: Db,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ListQuery {
    /// Only records before this number, such as the last one of the page before.
    before: Option<i64>,
    /// The greatest number of records wanted.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u16>,
    /// Who did it: the id of a person, the name of a service.
    #[serde(default)]
    actor: String,
    /// What was done.
    #[serde(default)]
    action: String,
    /// The kind of what it was done to.
    #[serde(default)]
    target_kind: String,
    /// What it was done to.
    #[serde(default)]
    target_id: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AfterQuery {
    /// Only records after this number.
    #[serde(default)]
    after: i64,
    /// The greatest number of records wanted.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u16>,
}

impl Audits {
    /// Adds the routes of a door of this kind.
    pub(crate) fn offer<S: Send + Sync + 'static>(self, kind: DoorKind, routes: Routes<S>) -> Routes<S> {
        match kind {
            DoorKind::Internal => self.internal(routes),
            DoorKind::Public => self.public(routes),
            DoorKind::Admin | DoorKind::DataPlane => routes,
        }
    }

    fn internal<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let [listing, reading, ending] = [(); 3].map(|()| self.clone());
        routes
            .get("/audit", move |_, call| list(listing.clone(), call))
            .describe(
                operation("List what was done, newest first")
                    .query::<ListQuery>()
                    .answers::<Vec<Record>>(200),
            )
            .get("/audit/records", move |_, call| read(reading.clone(), call))
            .describe(
                operation("Read the chain of what was done, oldest first")
                    .query::<AfterQuery>()
                    .answers::<Vec<Record>>(200),
            )
            .get("/audit/head", move |_, call| head(ending.clone(), call))
            .describe(operation("Show where the chain of what was done ends").answers::<Head>(200))
    }

    fn public<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let path = format!("/api/{}/v1/audit", self.service);
        routes.get(&path, move |_, call| list_for_staff(self.clone(), call)).describe(
            operation("List what was done, newest first; for staff")
                .bearer()
                .query::<ListQuery>()
                .answers::<Vec<Record>>(200)
                .problems(&[FORBIDDEN]),
        )
    }
}

async fn list_for_staff(audits: Audits, call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    list(audits, call).await
}

async fn list(audits: Audits, call: Call) -> Result<Reply, Problem> {
    let ListQuery { before, limit, actor, action, target_kind, target_id } = call.query()?;
    let filter = Filter { actor, action, target_kind, target_id };
    let (before, limit) = (before.unwrap_or(i64::MAX), bounded(limit)?);
    Reply::ok(&tradewind_audit::list(&audits.db, &filter, before, limit).await?)
}

async fn read(audits: Audits, call: Call) -> Result<Reply, Problem> {
    let AfterQuery { after, limit } = call.query()?;
    Reply::ok(&tradewind_audit::after(&audits.db, after, bounded(limit)?).await?)
}

async fn head(audits: Audits, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    Reply::ok(&tradewind_audit::head(&audits.db, audits.service).await?)
}

fn bounded(limit: Option<u16>) -> Result<u16, Problem> {
    let limit = limit.unwrap_or(PAGE);
    if (1..=MAX_PAGE).contains(&limit) {
        return Ok(limit);
    }
    let problem = Problem::new(&INVALID_PARAMETER).detail("The records cannot be given.");
    Err(problem.error("limit", format!("ask for 1 to {MAX_PAGE} records")))
}
