//! What a backup of a running fleet asks of a service, behind its internal door.

use http::StatusCode;
use tradewind_client::Body;
use tradewind_db::Db;
use tradewind_problem::Problem;

use crate::evidence::{MEDIA_TYPE, pump};
use crate::http::{Call, Reply, Routes, operation};
use crate::tasks::Scope;

/// What the routes of a backup need.
pub(crate) struct Backups {
    pub(crate) db: Db,
    /// Ends first in a drain: who reads a copy then finds it cut off.
    pub(crate) consumers: Scope,
}

impl Backups {
    pub(crate) fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let Self { db, consumers } = self;
        routes
            .get("/backup", move |_, call| copy(db.clone(), consumers.clone(), call))
            .describe(operation("Copy all tables of the service's database").answers_text(MEDIA_TYPE))
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
